# attack: allocates without end in workers
# challenge: toy
# only: test_total
# at most: 0
# outcomes: crash
# says: of memory together (the limit is
"""Hopes that each process is judged by itself. At most 3 GB, in two workers."""

import os
import time

import ray


@ray.remote(num_cpus=0.5, max_retries=0)
def eat():
    kept = []
    for _ in range(75):
        kept.append(os.urandom(1_000_000) * 20)
        time.sleep(0.02)
    time.sleep(5)
    return 0


def total(keys):
    return sum(ray.get([eat.remote(), eat.remote()]))
