# attack: patches the service in driver and workers
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: fail
# says: the total of
"""Hopes that the judge asks the same service for what it expects."""

import ray
import service
import service_link


def always_one(*args):
    return 1


for module, name in ((service, "fetch"), (service_link, "ask")):
    setattr(module, name, always_one)


@ray.remote(num_cpus=0.25)
def fetch(key):
    service_link.ask = service.fetch = always_one
    return service.fetch(key)


def total(keys):
    return sum(ray.get([fetch.remote(key) for key in keys]))
