# attack: a conftest.py next to the solution drops the tests
# challenge: toy
# at most: 0
# outcomes: fail
# says: the total of 6 keys is 0, expected
# through: command, in the challenge's folder
"""Hopes that a suite without tests counts as passed."""


def total(keys):
    return 0
