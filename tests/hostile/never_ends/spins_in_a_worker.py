# attack: while True in workers
# challenge: toy
# only: test_total
# at most: 0
# outcomes: timeout
# says: It simply takes longer
"""Hopes that only the driver is watched."""

import ray


@ray.remote(num_cpus=0.25)
def spin():
    while True:
        pass


def total(keys):
    return sum(ray.get([spin.remote() for _ in keys]))
