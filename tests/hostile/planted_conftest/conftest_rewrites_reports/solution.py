# attack: a conftest.py next to the solution turns every report into a pass
# challenge: toy
# at most: 0
# outcomes: fail
# says: the total of 6 keys is 0, expected
# through: command, in the challenge's folder
"""Hopes that pytest loads the conftest.py next to it in the challenge's folder."""


def total(keys):
    return 0
