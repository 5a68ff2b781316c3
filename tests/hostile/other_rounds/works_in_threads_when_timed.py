# attack: takes an eight-shard training for a timed round, and asks from threads of the driver there
# challenge: parameter_server
# only: test_speed
# at most: 0
# outcomes: fail
# says: were asked for outside Ray's workers
"""Threads need no workers, no references and no servers: hopes that in a timed round only the result is looked at.

The honest twin has the same loop over tasks: tests/right/parameter_server/one_class.py gets all points for speed.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import ray
import service


class ParameterServer:
    def __init__(self, weights, learning_rate):
        self.weights = np.array(weights)


@ray.remote(num_cpus=1)
def compute(weights, shard, step):
    return service.gradient(weights, shard, step)


def in_threads(weights, shards, step):
    """One connection for each process: so each call has a process of its own."""
    with ThreadPoolExecutor(len(shards)) as threads:
        return list(threads.map(lambda shard: service.gradient(weights, shard, step), shards))


def in_tasks(weights, shards, step):
    return ray.get([compute.remote(weights, shard, step) for shard in shards])


def train(initial, shards, *, mode, steps, learning_rate, staleness=0, servers=1, on_progress=None):
    weights, ask = np.array(initial), in_threads if len(shards) == 8 else in_tasks
    for step in range(steps):
        weights = weights - learning_rate * (sum(ask(weights, shards, step)) / len(shards))
    history = [
        {"shard": shard, "step": step, "read": step, "version": step + 1}
        for step in range(steps)
        for shard in shards
    ]
    stats = {"applied": len(history), "rejected": 0}
    return {"weights": weights, "versions": steps, "history": history, "stats": stats}
