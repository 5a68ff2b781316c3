"""Keeps other processes of the same user out of this one's memory: what the reference does is not to be read.

This module is copied into every side and imported there by itself: it must not import the grader.
"""

import ctypes
import sys

_PR_SET_DUMPABLE = 4


def keep_memory_private() -> None:
    """Refuse `/proc/PID/mem`, `ptrace` and the like to others, here and in what this one forks (Linux).

    A program that is started from here begins anew; Ray's workers run this again by themselves.
    """
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
