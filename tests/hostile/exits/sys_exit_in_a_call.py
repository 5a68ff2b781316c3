# attack: sys.exit(0) in a call
# challenge: toy
# at most: 0
# outcomes: fail
# says: SystemExit: 0
"""Hopes that SystemExit passes through the judge's handlers."""

import sys


def total(keys):
    sys.exit(0)
