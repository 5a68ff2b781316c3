# attack: a chain of forks that computes, so that a signal to stop always comes too late
# challenge: toy
# only: test_speed
# at most: 0
# outcomes: fail, inconclusive
# sample: no
# says: times the reference's time | the reference was disturbed | not all of them could be stopped
"""Works one key after the other, and hopes that the reference is as slow beside what it has left running."""

import os
import time

import ray

import service

started = []


def chain():
    for _ in range(8_000):
        until = time.perf_counter() + 0.002
        while time.perf_counter() < until:
            pass
        if os.fork():
            os._exit(0)
        os.setsid()
    os._exit(0)


@ray.remote(num_cpus=0)
def fetch(key):
    return service.fetch(key)


def total(keys):
    while len(started) < 3:
        started.append(1)
        if os.fork() == 0:
            chain()
    return sum(ray.get(fetch.remote(key)) for key in keys)
