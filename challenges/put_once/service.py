"""The mill's scoring: a model and a batch of samples give a score. Do not change this file.

    score({"grain": grain, "husk": husk}, [1.0, 2.0])    # some 10 ms

A model is a dict of arrays with two dimensions and equally many lines. On your own machine and in `pytest
test_examples.py`, the first line counts. In a grading it is another line each time. `python grade.py try
put_once` shows that, a model that comes as a ref and one that changes.
"""

from __future__ import annotations

import os
import time

import numpy as np

WAIT_S = 0.01


def score(model: dict[str, np.ndarray], batch: list[float]) -> float:
    """The total of the batch, times the weight of one line of the model: the sum of its means."""
    _check(model)
    total = float(sum(batch))
    line = _line(min(len(array) for array in model.values()), total)
    return total * float(sum(array[line].mean() for array in model.values()))


def _line(n_lines: int, total: float) -> int:
    if "KATA_SERVICE" in os.environ:
        from service_link import ask

        return ask("line", n_lines, total)
    time.sleep(WAIT_S)
    return 0


def _check(model: dict[str, np.ndarray]) -> None:
    if not isinstance(model, dict) or not model:
        raise TypeError(f"a model is a dict of arrays, and score got {type(model).__name__}")
    for name, array in model.items():
        if not isinstance(array, np.ndarray):
            raise TypeError(f"a model is a dict of arrays, and its {name!r} is {type(array).__name__}")
