# attack: sleeps forever, in the driver and in workers
# challenge: toy
# only: test_total
# at most: 0
# outcomes: timeout
# says: did not return within
"""Hopes that a process that does nothing is not seen."""

import threading

import ray


@ray.remote(num_cpus=0)
def sleep():
    threading.Event().wait()


def total(keys):
    sleeping = [sleep.remote() for _ in keys]
    threading.Event().wait()
    return sum(ray.get(sleeping))
