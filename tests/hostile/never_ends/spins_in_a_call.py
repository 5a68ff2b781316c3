# attack: while True in a call
# challenge: toy
# only: test_total
# at most: 0
# outcomes: timeout
# says: is not in a Ray call
"""Hopes that a call is waited for without end."""


def total(keys):
    while True:
        pass
