# attack: stops itself, so that nothing can be seen
# challenge: toy
# only: test_total
# at most: 0
# outcomes: timeout
# says: did not return within
# sample: no, 15 s
"""Hopes that a process that does not run cannot be late."""

import os
import signal


def total(keys):
    os.kill(os.getpid(), signal.SIGSTOP)
    return 0
