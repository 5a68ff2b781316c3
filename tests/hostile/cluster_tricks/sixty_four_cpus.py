# attack: ray.init(num_cpus=64) on the running cluster
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: fail
# says: it raised | It raised
"""Hopes for a larger cluster."""

import ray


def total(keys):
    ray.shutdown()
    ray.init(num_cpus=64)
    return 0
