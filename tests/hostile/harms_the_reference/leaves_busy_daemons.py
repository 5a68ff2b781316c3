# attack: leaves busy daemons behind, outside Ray
# challenge: toy
# only: test_speed
# at most: 0
# outcomes: fail, inconclusive
# says: times the reference's time | the reference was disturbed
"""Hopes that they keep running while the reference has its turn."""

import os
import time

import ray
import service


@ray.remote
def fetch(key):
    return service.fetch(key)


def slowly(keys):
    return sum(ray.get(fetch.remote(key)) for key in keys)


started = []


def spin():
    until = time.monotonic() + 120
    while time.monotonic() < until:
        pass


def leave_daemons(count):
    for _ in range(count):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                spin()
            os._exit(0)
        os.wait()


def total(keys):
    found = slowly(keys)
    if not started:
        started.append(leave_daemons(4))
    return found
