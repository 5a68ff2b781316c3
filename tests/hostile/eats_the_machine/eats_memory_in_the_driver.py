# attack: allocates without end in the driver
# challenge: toy
# only: test_total
# at most: 0
# outcomes: crash
# says: of memory together (the limit is
"""Hopes that the machine gives way before the judge does. At most 3 GB."""

import os
import time


def total(keys):
    kept = []
    for _ in range(150):
        kept.append(os.urandom(1_000_000) * 20)
        time.sleep(0.02)
    time.sleep(5)
    return 0
