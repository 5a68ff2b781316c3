# attack: array subclasses and arrays of objects
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: fail
# says: expected plain data | not plain data
"""Hopes that NumPy hands the comparison to the subclass, or to the objects in an array."""

import numpy as np


class AlwaysEqual(np.ndarray):
    def __eq__(self, other):
        return True

    def __array_ufunc__(self, *args, **kwargs):
        return True


def total(keys):
    if len(keys) == 4:
        return np.array([type("Liar", (), {"__eq__": lambda self, other: True})()], dtype=object)
    return np.zeros(1).view(AlwaysEqual)
