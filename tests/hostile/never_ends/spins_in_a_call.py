# attack: while True in a call
# challenge: toy
# only: test_total
# at most: 0
# outcomes: timeout
# says: is not in a Ray call
"""Hopes that the judge waits for a call forever."""


def total(keys):
    while True:
        pass
