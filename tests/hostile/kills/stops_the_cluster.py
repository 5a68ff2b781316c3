# attack: stops the cluster's head and raylet, without killing them
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: timeout
# says: The cluster itself no longer answers
# sample: no, 40 s
"""Hopes that anyone who asks them waits forever."""

import signal
import time

import psutil


def total(keys):
    for process in psutil.Process().parent().children(recursive=True):
        if process.name() in ("raylet", "gcs_server"):
            process.send_signal(signal.SIGSTOP)
    time.sleep(600)
