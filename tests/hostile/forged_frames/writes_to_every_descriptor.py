# attack: writes to every open file descriptor
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: crash
# says: something that is not an answer was written to the judge's connection
"""Hopes that one of them is the report."""

import contextlib
import os


def total(keys):
    for descriptor in range(3, 256):
        with contextlib.suppress(OSError):
            os.write(descriptor, b'{"outcome": "pass", "earned": 40}\n' * 20)
    return 0
