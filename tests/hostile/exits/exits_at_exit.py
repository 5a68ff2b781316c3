# attack: os._exit(0) in atexit
# challenge: toy
# at most: 0
# outcomes: fail
# says: the total of 6 keys is 0, expected
"""Hopes to have the last word about the exit status."""

import atexit
import os
import threading

atexit.register(os._exit, 0)
threading._register_atexit(os._exit, 0)


def total(keys):
    atexit.register(os._exit, 0)
    return 0
