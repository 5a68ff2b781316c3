# attack: forks processes that fork processes
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: crash, timeout
# says: processes (the limit is | processes were killed
"""Hopes to be more than can be counted. At most 160 processes, for at most a minute."""

import contextlib
import os
import time


def fork_on(depth):
    for _ in range(3 if depth else 0):
        with contextlib.suppress(OSError):
            if os.fork() == 0:
                fork_on(depth - 1)
    time.sleep(60)
    os._exit(0)


def total(keys):
    for _ in range(4):
        if os.fork() == 0:
            fork_on(3)
    time.sleep(60)
    return 0
