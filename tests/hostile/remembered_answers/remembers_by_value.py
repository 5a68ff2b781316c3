# attack: remembers results by the value of its inputs
# challenge: toy
# only: test_speed
# at most: 0
# outcomes: fail
# says: times the reference's time
# runs: 2
"""Hopes that a round brings the input of an earlier one."""

import ray
import service


@ray.remote
def fetch(key):
    return service.fetch(key)


def slowly(keys):
    return sum(ray.get(fetch.remote(key)) for key in keys)


remembered = {}


def total(keys):
    if tuple(keys) not in remembered:
        remembered[tuple(keys)] = slowly(keys)
    return remembered[tuple(keys)]
