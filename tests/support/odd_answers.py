"""Plain data that a comparison stumbles over: what a solution can return, and nobody expects."""

import numpy as np


def nested(depth, leaf=0):
    """A list in a list in a list ..."""
    value = leaf
    for _ in range(depth):
        value = [value]
    return value


ODD = {
    "None": None,
    "true": True,
    "a number": 1,
    "a whole float": 1.0,
    "NaN": float("nan"),
    "infinity": float("inf"),
    "minus infinity": float("-inf"),
    "an int too large for a float": 10**400,
    "an int too large to be printed in full": -(10**4299),
    "no text": "",
    "a long text": "x" * 100_000,
    "bytes": b"id",
    "an empty list": [],
    "an empty dict": {},
    "a deep list": nested(60),
    "a ragged list": [1, [2, [3]], []],
    "mixed types": [1, "1", None, 1.0, b"1", (1,)],
    "mixed keys": {1: 1, "1": 1, b"1": 1, 1.5: 1},
    "a key that is NaN": {float("nan"): 1},
    "lists where ids are promised": [{"id": [1], "score": [1.0]}],
    "dicts where ids are promised": [{"id": {}, "score": {}}],
    "a key too many": {"id": 1, "score": 1.0, "name": "x"},
    "a key too few": {"id": 1},
    "an array": np.arange(3.0),
    "an array of one number": np.array([1.0]),
    "an array without dimensions": np.array(1.0),
    "an empty array": np.zeros((0, 3)),
    "an array of text": np.array(["a", "b"]),
    "an array of dates": np.array(["2020-01-01", "NaT"], dtype="datetime64[D]"),
    "an array of complex numbers": np.array([1j, 2.0]),
    "an array with NaN": np.array([1.0, np.nan, 3.0]),
    "an array of another type": np.arange(3),
    "arrays in a list": [np.arange(2), np.arange(3)],
    "arrays in a dict": {"id": np.arange(2), "score": np.arange(2.0)},
    "arrays of arrays' length": [[np.zeros(2)] * 2, (np.zeros(2),) * 2],
}
