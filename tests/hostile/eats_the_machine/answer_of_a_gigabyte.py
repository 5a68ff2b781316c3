# attack: returns more than the judge should ever hold
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: fail, crash
# says: bytes
"""Hopes that the judge takes what it is given. At most 700 MB."""

import numpy as np


def total(keys):
    if len(keys) == 6:
        return np.zeros(700_000_000, dtype=np.uint8)
    return ["x" * 1_000_000] * 100
