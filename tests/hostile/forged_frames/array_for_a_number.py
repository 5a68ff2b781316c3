# attack: returns an array where a number was promised
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: fail
# says: array
"""Hopes that the comparison raises in the judge, which takes the blame."""

import numpy as np


def total(keys):
    return np.arange(3)
