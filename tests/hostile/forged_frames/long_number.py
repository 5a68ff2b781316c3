# attack: returns a number that nobody can print
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: fail
# says: digits
"""Hopes that the judge stumbles over its own message: Python prints no number of more than 4300 digits."""


def total(keys):
    return 10**6000
