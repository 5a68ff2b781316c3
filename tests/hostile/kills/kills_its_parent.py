# attack: kills the process above it, which guards it
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: fail, crash
# says: took down the process that guards | the total of
"""Hopes that an unguarded side can do as it likes."""

import os
import signal
import time


def total(keys):
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(1)
    return 0
