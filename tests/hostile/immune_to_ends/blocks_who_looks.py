# attack: puts a pipe, and a file without end, where its stack would be written
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: timeout
# says: did not return within
# sample: no, 40 s
"""Hopes that whatever explains the hang waits on a pipe that nobody writes to."""

import os
import time
from pathlib import Path


def total(keys):
    stacks = Path(os.environ["KATA_STACKS"], f"{os.getpid()}.txt")
    stacks.unlink()
    if len(keys) == 6:
        os.mkfifo(stacks)
    else:
        os.truncate(os.open(stacks, os.O_CREAT | os.O_WRONLY), 900_000_000)
    time.sleep(600)
