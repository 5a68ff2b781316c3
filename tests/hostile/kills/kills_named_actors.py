# attack: kills every named actor and takes its name
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: fail
# says: the total of
"""Hopes that the judge has an actor in the cluster."""

import contextlib

import ray
from ray.util import list_named_actors


@ray.remote(num_cpus=0, lifetime="detached")
class Impostor:
    def __getattr__(self, name):
        return lambda *args: "passed"


def total(keys):
    for named in list_named_actors(all_namespaces=True):
        with contextlib.suppress(Exception):
            ray.kill(ray.get_actor(named["name"], namespace=named["namespace"]))
    for name in ("judge", "ledger", "grader", "kata"):
        Impostor.options(name=name, get_if_exists=True).remote()
    return 0
