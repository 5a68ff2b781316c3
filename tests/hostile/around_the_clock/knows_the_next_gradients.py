# attack: works out the loss from a few answers, then asks for all later steps at once
# challenge: parameter_server
# only: test_speed
# at most: 0
# outcomes: fail
# says: away from those of a loop on one machine
"""A gradient that is linear in the weights is known after two answers: hopes to make the rest of the calls in a
single wait, with weights that were worked out beforehand.

The honest twin waits for each step: tests/right/parameter_server/one_class.py gets all points for speed.
"""

import numpy as np
import ray
import service


class ParameterServer:
    def __init__(self, weights, learning_rate):
        self.weights = np.array(weights)


@ray.remote(num_cpus=1)
def compute(weights, shard, step):
    return service.gradient(weights, shard, step)


def train(initial, shards, *, mode, steps, learning_rate, staleness=0, servers=1, on_progress=None):
    weights, known = [np.array(initial)], []
    for step in range(2):
        known.append(ray.get([compute.remote(weights[-1], shard, step) for shard in shards]))
        weights.append(weights[-1] - learning_rate * (sum(known[-1]) / len(shards)))
    moved = weights[1] - weights[0]
    moved[moved == 0] = 1.0
    slopes = [(second - first) / moved for first, second in zip(*known, strict=True)]
    for _ in range(2, steps):
        made = [
            first + slope * (weights[-1] - weights[0]) for first, slope in zip(known[0], slopes, strict=True)
        ]
        weights.append(weights[-1] - learning_rate * (sum(made) / len(shards)))
    ray.get([compute.remote(weights[step], shard, step) for step in range(2, steps) for shard in shards])
    history = [
        {"shard": shard, "step": step, "read": step, "version": step + 1}
        for step in range(steps)
        for shard in shards
    ]
    stats = {"applied": len(history), "rejected": 0}
    return {"weights": weights[-1], "versions": steps, "history": history, "stats": stats}
