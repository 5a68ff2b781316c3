# attack: a conftest.py next to the solution sets the exit status
# challenge: toy
# at most: 0
# outcomes: fail
# says: the total of 6 keys is 0, expected
# through: command, in the challenge's folder
"""Hopes that the exit status is all that anyone looks at."""


def total(keys):
    return 0
