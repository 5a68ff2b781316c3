# attack: ignores and blocks every signal, then spins
# challenge: toy
# only: test_total
# at most: 0
# outcomes: timeout
# says: did not return within
"""Hopes that it is asked to end, rather than ended."""

import contextlib
import signal


def total(keys):
    for signum in signal.valid_signals():
        with contextlib.suppress(OSError, ValueError):
            signal.signal(signum, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    while True:
        pass
