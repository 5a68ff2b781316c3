# attack: os._exit(0) in a call
# challenge: toy
# at most: 0
# outcomes: crash
# says: ended with exit status 0
"""Hopes that the call is the judge's own."""

import os


def total(keys):
    os._exit(0)
