"""The reference's idea in fewer parts: one class holds the servers, counts the steps and runs the loop.

A gradient is a task that Ray repeats after a death, and the driver alone applies its result, so a step
counts once. `pull` hands out a copy instead of an array that nobody may write to. Against the reference that
copies the weights once more per version, and the rules of the modes are harder to tell from the bookkeeping.
"""

import numpy as np
import ray
import service


def fits(gradient, weights):
    return (
        isinstance(gradient, np.ndarray)
        and gradient.dtype.kind == "f"
        and gradient.shape == weights.shape
        and bool(np.isfinite(gradient).all())
    )


class ParameterServer:
    def __init__(self, weights, learning_rate):
        self.weights = np.array(weights, dtype=np.float64)
        self.learning_rate = learning_rate
        self.version = 0
        self.answers = {}

    def pull(self):
        return self.version, self.weights.copy()

    def push(self, update, *gradients):
        if update not in self.answers:
            good = [gradient for gradient in gradients if fits(gradient, self.weights)]
            if good:
                self.weights = self.weights - self.learning_rate * (sum(good) / len(good))
                self.version += 1
            self.answers[update] = {
                "version": self.version,
                "applied": len(good),
                "rejected": len(gradients) - len(good),
            }
        return dict(self.answers[update])

    def checkpoint(self):
        return {
            "weights": self.weights.copy(),
            "learning_rate": self.learning_rate,
            "version": self.version,
            "answers": {update: dict(answer) for update, answer in self.answers.items()},
        }

    def restore(self, state):
        self.weights = state["weights"].copy()
        self.learning_rate = state["learning_rate"]
        self.version = state["version"]
        self.answers = {update: dict(answer) for update, answer in state["answers"].items()}


@ray.remote(num_cpus=1, max_retries=-1)
def compute(shard, step, *slices):
    weights = np.concatenate(slices)
    gradient = service.gradient(weights, shard, step)
    if not fits(gradient, weights):
        return [False] + [None] * len(slices)
    return [True, *np.split(gradient, np.cumsum([len(part) for part in slices])[:-1])]


class Training:
    def __init__(self, initial, shards, steps, learning_rate, servers, on_progress):
        self.shards, self.steps, self.on_progress = shards, steps, on_progress
        self.newest = [ray.put(part) for part in np.array_split(initial, servers)]
        make = ray.remote(num_cpus=0)(ParameterServer).remote
        self.servers = [make(part, learning_rate) for part in self.newest]
        self.version = 0
        self.ended = [0] * len(shards)
        self.history = []
        self.running = {}

    def weights(self):
        if not self.newest:
            self.newest = [server.pull.options(num_returns=2).remote()[1] for server in self.servers]
        return self.newest

    def begin(self, worker):
        weights = self.weights()
        task = compute.options(num_returns=1 + len(weights))
        report, *gradient = task.remote(self.shards[worker], self.ended[worker], *weights)
        self.running[report] = worker, self.version, gradient

    def await_one(self):
        (report,), _ = ray.wait(list(self.running))
        accepted = ray.get(report)
        worker, read, gradient = self.running.pop(report)
        return worker, read, gradient if accepted else None

    def end(self, name, came_in):
        good = [gradient for _, _, gradient in came_in if gradient is not None]
        if good:
            answers = [
                server.push.remote(name, *[gradient[i] for gradient in good])
                for i, server in enumerate(self.servers)
            ]
            self.version = ray.get(answers)[0]["version"]
            self.newest = []
        for worker, read, gradient in came_in:
            version = None if gradient is None else self.version
            entry = {
                "shard": self.shards[worker],
                "step": self.ended[worker],
                "read": read,
                "version": version,
            }
            self.history.append(entry)
            self.ended[worker] += 1
        if self.on_progress is not None:
            self.on_progress(len(self.history), len(self.shards) * self.steps)

    def in_step(self):
        for step in range(self.steps):
            for worker in range(len(self.shards)):
                self.begin(worker)
            came_in = [self.await_one() for _ in self.shards]
            self.end(f"step {step}", sorted(came_in, key=lambda one: one[0]))

    def freely(self, ahead):
        idle = set(range(len(self.shards)))
        while min(self.ended) < self.steps:
            for worker in sorted(idle):
                if self.ended[worker] < self.steps and self.ended[worker] - min(self.ended) <= ahead:
                    idle.remove(worker)
                    self.begin(worker)
            worker, read, gradient = self.await_one()
            self.end(f"{worker} {self.ended[worker]}", [(worker, read, gradient)])
            idle.add(worker)

    def stop(self):
        if self.running:
            refs = list(self.running)
            for report in ray.wait(refs, num_returns=len(refs), timeout=0)[1]:
                ray.cancel(report, force=True)
        for server in self.servers:
            ray.kill(server)


def train(initial, shards, *, mode, steps, learning_rate, staleness=0, servers=1, on_progress=None):
    training = Training(initial, shards, steps, learning_rate, servers, on_progress)
    try:
        if shards and mode == "sync":
            training.in_step()
        elif shards:
            training.freely(staleness if mode == "ssp" else steps)
        weights = np.concatenate(ray.get(training.weights()))
    finally:
        training.stop()
    applied = sum(entry["version"] is not None for entry in training.history)
    return {
        "weights": weights,
        "versions": training.version,
        "history": training.history,
        "stats": {"applied": applied, "rejected": len(training.history) - applied},
    }
