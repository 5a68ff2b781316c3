# attack: modules next to the solution shadow the grader's
# challenge: toy
# at most: 0
# outcomes: fail
# says: the total of 6 keys is 0, expected
# through: command, from the attack's folder
"""Hopes that a process of the grader looks for its modules where it was started: next to this file."""


def total(keys):
    return 0
