# attack: a process that is always another one: each fork ends its parent
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: fail
# says: the total of
"""Hopes to be gone from wherever anyone looks. Ends by itself after 400 forks."""

import os
import time


def chain():
    for _ in range(400):
        time.sleep(0.02)
        if os.fork():
            os._exit(0)
        os.setsid()
    os._exit(0)


def total(keys):
    if os.fork() == 0:
        chain()
    return 0
