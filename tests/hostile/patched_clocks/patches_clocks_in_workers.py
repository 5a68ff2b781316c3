# attack: patches clocks and sleep in every worker
# challenge: toy
# only: test_speed
# at most: 0
# outcomes: fail
# says: times the reference's time
"""Hopes that the service waits by the worker's clock."""

import time

import ray
import service


@ray.remote
def fetch(key):
    return service.fetch(key)


def slowly(keys):
    return sum(ray.get(fetch.remote(key)) for key in keys)


def patch():
    time.sleep = lambda seconds: None
    for name in ("perf_counter", "monotonic", "time"):
        setattr(time, name, lambda: 0.0)


patch()


@ray.remote
def patched(key):
    patch()
    return service.fetch(key)


def total(keys):
    return sum(ray.get(patched.remote(key)) for key in keys)
