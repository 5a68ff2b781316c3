# attack: cancels alarms and timers, then sleeps
# challenge: toy
# only: test_total
# at most: 0
# outcomes: timeout
# says: did not return within
"""Hopes that its deadline is an alarm of this process."""

import faulthandler
import signal
import threading
import time


def total(keys):
    faulthandler.cancel_dump_traceback_later()
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.cancel()
    for name in ("ITIMER_REAL", "ITIMER_VIRTUAL", "ITIMER_PROF"):
        signal.setitimer(getattr(signal, name), 0)
    while True:
        signal.alarm(0)
        time.sleep(0.01)
