# attack: raise SystemExit at import
# challenge: toy
# at most: 0
# outcomes: fail
# says: SystemExit
"""Hopes that SystemExit ends the judge, with status 0."""

raise SystemExit(0)


def total(keys):
    return 0
