# attack: kills the judge and the process that would clean up after it
# challenge: toy
# at most: 0
# outcomes: none
# status: -9
# through: command, from the attack's folder
"""Hopes to live on when nobody is left to end it."""

import os
import signal
import time
from pathlib import Path


def parent_of(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def total(keys):
    guard = os.getppid()
    judge = parent_of(guard)
    os.kill(guard, signal.SIGSTOP)
    os.kill(judge, signal.SIGKILL)
    os.kill(guard, signal.SIGKILL)
    time.sleep(120)
    return 0
