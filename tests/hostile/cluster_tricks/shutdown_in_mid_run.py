# attack: ray.shutdown() in the middle of a run
# challenge: toy
# only: test_total, test_overlap, test_worker_killed
# at most: 0
# outcomes: fail
# says: the total of
"""Hopes that the judge cannot continue without its connection to the cluster."""

import ray
import service


@ray.remote(num_cpus=0.25)
def fetch(key):
    return service.fetch(key)


def total(keys):
    if ray.is_initialized():
        refs = [fetch.remote(key) for key in keys]
        ray.wait(refs)
        ray.shutdown()
    return 0
