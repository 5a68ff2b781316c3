# attack: forks daemons in sessions of their own, from the driver
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: fail
# says: the total of
"""Hopes that a process without parent, session and environment belongs to nobody."""

import os
import sys

WAIT = "import time; time.sleep(300)"


def leave_a_daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execve(sys.executable, [sys.executable, "-I", "-c", WAIT, "hostile-daemon"], {})
        os._exit(0)
    os.wait()


def total(keys):
    for _ in range(8):
        leave_a_daemon()
    return 0
