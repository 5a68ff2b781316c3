# attack: does other rounds' work in the warm-up
# challenge: toy
# only: test_speed
# at most: 0
# outcomes: fail
# says: the total of 8 keys
"""Fetches all keys in the first calls: hopes that timed rounds ask for the same numbers."""

import ray
import service


@ray.remote
def fetch(key):
    return service.fetch(key)


def slowly(keys):
    return sum(ray.get(fetch.remote(key)) for key in keys)


fetched = {}
calls = 0


def total(keys):
    global calls
    calls += 1
    if calls <= 2:
        fetched.update(zip(range(64), ray.get([fetch.remote(key) for key in range(64)]), strict=True))
        return slowly(keys)
    return sum(fetched[key] for key in keys)
