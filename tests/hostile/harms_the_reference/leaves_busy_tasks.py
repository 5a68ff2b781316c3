# attack: leaves busy tasks behind that slow the reference's rounds
# challenge: toy
# only: test_speed
# at most: 0
# outcomes: fail, inconclusive
# says: times the reference's time | the reference was disturbed
"""Hopes that a slow reference makes it look fast."""

import ray
import service


@ray.remote
def fetch(key):
    return service.fetch(key)


def slowly(keys):
    return sum(ray.get(fetch.remote(key)) for key in keys)


@ray.remote(num_cpus=0)
def spin():
    while True:
        pass


busy = []


def total(keys):
    found = slowly(keys)
    if not busy:
        busy.extend(spin.remote() for _ in range(3))
    return found
