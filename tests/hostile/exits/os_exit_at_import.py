# attack: os._exit(0) at import
# challenge: toy
# at most: 0
# outcomes: crash
# says: ended with exit status 0
"""Hopes that a process that ended well counts as a pass."""

import os

os._exit(0)


def total(keys):
    return 0
