# attack: fills the disk
# challenge: toy
# only: test_total
# at most: 0
# outcomes: crash
# says: files and folders (the limit is
"""Hopes that the judge cannot write its record. At most 3 GB, below its own folder."""

import os
import time


def total(keys):
    piece = os.urandom(1_000_000) * 20
    for number in range(150):
        with open(f"{number}.bin", "wb") as file:
            file.write(piece)
        time.sleep(0.01)
    time.sleep(5)
    return 0
