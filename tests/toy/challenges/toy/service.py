"""The store of numbers. Do not change this file.

    number = fetch(key)     # about 50 ms of waiting, no CPU

In your own script and in `pytest test_examples.py`, this module makes up its own numbers: ten times the
key. It does not show a worker that dies, or a store that holds its answers back:
`python grade.py try toy` does.

During a grading the numbers come from the grader, which sees every fetch. Import this module wherever you
need it, in the driver and in Ray workers.
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
