# attack: kills the judge
# challenge: toy
# at most: 0
# outcomes: none
# status: -9
# through: command, from the attack's folder
"""Hopes that no verdict is a good verdict."""

import os
import signal
import time
from pathlib import Path


def parent_of(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def total(keys):
    os.kill(parent_of(os.getppid()), signal.SIGKILL)
    time.sleep(30)
    return 0
