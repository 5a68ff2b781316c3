"""The hall where darts fly at a square. Do not change this file.

    hits = throw(stream, 1000)        # some 10 ms: how many of them hit the quarter circle
    error(hits, 1000)                 # how far 4 * hits / 1000 may be from pi

`stream` is what `np.random.default_rng` takes: a seed, a SeedSequence, a Generator. In a grading the hall
keeps a list of all throws, and some take long. `python grade.py try pi_budget` shows it.
"""

from __future__ import annotations

import math
import os
import time
from typing import Any

import numpy as np

WAIT_S = 0.01


def throw(stream: Any, n: int) -> int:
    """Throw n darts with the random numbers of this stream; the number of hits."""
    rng = np.random.default_rng(stream)
    if "KATA_SERVICE" in os.environ:
        from service_link import ask

        ticket = ask("throw", int(rng.integers(2**62)), int(n))
        while (hits := ask("landed", ticket)) is None:  # between two questions, a task can be cancelled
            time.sleep(WAIT_S)
        return hits
    time.sleep(WAIT_S)
    x, y = rng.random((2, n))
    return int((x * x + y * y < 1.0).sum())


def error(hits: int, throws: int) -> float:
    """The standard error of 4 * hits / throws."""
    share = (hits + 1) / (throws + 2)
    return 4.0 * math.sqrt(share * (1.0 - share) / throws)
