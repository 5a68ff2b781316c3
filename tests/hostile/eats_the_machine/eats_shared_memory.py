# attack: allocates without end in shared memory that is not the object store's
# challenge: toy
# only: test_total
# at most: 0
# outcomes: crash
# says: of memory together (the limit is
"""Hopes that only a process's own memory is counted. At most 3 GB."""

import mmap
import os
import time


def total(keys):
    kept = []
    piece = os.urandom(1_000_000) * 20
    for _ in range(150):
        kept.append(mmap.mmap(-1, len(piece)))
        kept[-1].write(piece)
        time.sleep(0.02)
    time.sleep(5)
    return 0
