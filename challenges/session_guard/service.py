"""The gauges along the river: each tells how high the water is. Do not change this file.

    metres = level("mill")    # some 10 ms

In your own script and in `pytest test_examples.py` the water is always 2 metres high. In a grading every
reading is another one. `python grade.py try session_guard` shows that, with and without a session.
"""

from __future__ import annotations

import os
import time

WAIT_S = 0.01


def level(gauge: str) -> float:
    """Read a gauge: how high the water is there, in metres."""
    if "KATA_SERVICE" in os.environ:
        from service_link import ask

        return ask("level", gauge)
    time.sleep(WAIT_S)
    return 2.0
