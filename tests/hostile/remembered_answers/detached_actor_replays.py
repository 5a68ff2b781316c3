# attack: a detached actor keeps results and replays them
# challenge: toy
# only: test_speed
# at most: 0
# outcomes: fail
# says: times the reference's time
# runs: 2
"""Hopes that the actor is still there in the next round or run, and that it knows the answer."""

import ray
import service


@ray.remote
def fetch(key):
    return service.fetch(key)


def slowly(keys):
    return sum(ray.get(fetch.remote(key)) for key in keys)


@ray.remote(num_cpus=0, max_restarts=-1)
class Memory:
    def __init__(self):
        self.known = {}

    def get(self, key):
        return self.known.get(key)

    def set(self, key, found):
        self.known[key] = found


def total(keys):
    memory = Memory.options(name="memory", namespace="m", lifetime="detached", get_if_exists=True).remote()
    found = ray.get(memory.get.remote(tuple(keys)))
    if found is None:
        found = slowly(keys)
        ray.get(memory.set.remote(tuple(keys), found))
    return found
