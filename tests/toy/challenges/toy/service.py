"""The store of numbers. Do not change this file.

    number = fetch(key)     # about 50 ms of waiting, no CPU

Import it wherever you need it, in the driver and in Ray workers.

During a grading the numbers come from the grader, which sees every fetch. Anywhere else (in your own script,
in `pytest test_examples.py`) this module makes up its own: ten times the key.
"""

from __future__ import annotations

import os
import time

FETCH_S = 0.05  # how long a fetch takes outside a grading


def fetch(key: int) -> int:
    """Get one number from the store, over the network."""
    if "KATA_SERVICE" in os.environ:
        from service_link import ask

        number: int = ask("fetch", key)
        return number
    time.sleep(FETCH_S)
    return 10 * key
