# attack: keeps the CPUs busy with processes that live so briefly that nobody reaps or counts them
# challenge: toy
# only: test_speed
# at most: 0
# outcomes: fail
# says: times the reference's time
"""Hopes that what it uses is taken for what other programs use, and the machine for crowded."""

import os
import signal
import time

import ray
import service


@ray.remote
def fetch(key):
    return service.fetch(key)


started = []


def spawn_forever():
    os.nice(19)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps, and no parent is told what they used
    end_s = time.monotonic() + 300
    while time.monotonic() < end_s:
        if os.fork() == 0:
            until = time.monotonic() + 0.2
            while time.monotonic() < until:
                pass
            os._exit(0)
        time.sleep(0.02)


def total(keys):
    if not started:
        started.append(os.fork())
        if started[-1] == 0:
            spawn_forever()
            os._exit(0)
    return sum(ray.get(fetch.remote(key)) for key in keys)
