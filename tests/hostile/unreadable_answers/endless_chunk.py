# attack: asks for a chunk of more readings than a number can count, so that the service fails
# challenge: oom_actor
# only: test_files_and_total, test_budget_is_used
# at most: 0
# outcomes: fail
# says: process() has the keys
"""How long such a chunk takes cannot be written as a float: hopes that the exception is taken for the judge's.

The same program without the call fails with the same words: it reads nothing.
"""

import contextlib

import ray
import service_link


@ray.remote
def ask(path):
    with contextlib.suppress(service_link.Refused):
        service_link.ask("chunk", path, 0, 10**400)
    with contextlib.suppress(service_link.Refused):
        service_link.ask("chunk", path, 10**4000, 1)


@ray.remote
class SensorStats:
    pass


def process(paths, *, memory_budget_bytes):
    ray.get([ask.remote(path) for path in paths])
    return {}
