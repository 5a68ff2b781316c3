# attack: remembers the answer to each single question
# challenge: toy
# only: test_speed
# at most: 0
# outcomes: fail
# says: the total of 8 keys
"""Hopes that a key has the same number in the next round: sums of old numbers come back."""

import ray
import service


@ray.remote
def fetch(key):
    return service.fetch(key)


def slowly(keys):
    return sum(ray.get(fetch.remote(key)) for key in keys)


remembered = {}


def total(keys):
    for key in keys:
        if key not in remembered:
            remembered[key] = ray.get(fetch.remote(key))
    return sum(remembered[key] for key in keys)
