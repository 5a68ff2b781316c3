# attack: processes that continue each other as fast as they are stopped
# challenge: toy
# only: test_speed
# at most: 0
# outcomes: fail, inconclusive
# sample: no
# says: times the reference's time | the reference was disturbed | not all of them could be stopped
"""Works one key after the other, and hopes that the reference is as slow beside what it has left running."""

import os
import signal
import time

import ray

import service

started = []


def wake_the_others():
    group = os.getpgrp()
    until = time.monotonic() + 20
    while time.monotonic() < until:
        os.killpg(group, signal.SIGCONT)
    os._exit(0)


@ray.remote(num_cpus=0)
def fetch(key):
    return service.fetch(key)


def total(keys):
    while len(started) < 3:
        started.append(1)
        if os.fork() == 0:
            wake_the_others()
    return sum(ray.get(fetch.remote(key)) for key in keys)
