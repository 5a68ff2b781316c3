# attack: pytest settings next to the solution
# challenge: toy
# at most: 0
# outcomes: fail
# says: the total of 6 keys is 0, expected
# through: command, in the challenge's folder
"""Hopes that pytest reads one of four settings files: collect only, and its own plugin."""


def total(keys):
    return 0
