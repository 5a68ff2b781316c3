# attack: os._exit(0) and sys.exit(0) in Ray workers
# challenge: toy
# only: test_total, test_worker_killed
# at most: 0
# outcomes: fail
# says: died
"""Hopes that a worker that ended well has given an answer."""

import os
import sys

import ray


@ray.remote(max_retries=0)
def leave(politely):
    if politely:
        sys.exit(0)
    os._exit(0)


def total(keys):
    ready, _ = ray.wait([leave.remote(politely=True), leave.remote(politely=False)], num_returns=2, timeout=8)
    return sum(ray.get(ready))
