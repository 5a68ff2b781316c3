# attack: a worker stops itself after its task
# challenge: toy
# only: test_total, test_overlap, test_worker_killed
# at most: 0
# outcomes: fail
# says: the total of
# sample: no, 25 s
"""Hopes that the judge asks the cluster, the cluster asks its workers, and the blame is the judge's."""

import os
import signal
import threading
import time

import ray


def later():
    time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGSTOP)


@ray.remote(num_cpus=0)
def stop_soon():
    threading.Thread(target=later, daemon=True).start()
    return 0


def total(keys):
    ray.get(stop_soon.remote())
    time.sleep(1.0)
    return 0
