# attack: trains in threads of the driver; nothing but the service knows
# challenge: parameter_server
# at most: 13
# outcomes: pass, fail, crash, timeout
# says: were asked for outside Ray's workers
# sample: no
"""A right parameter server, and right trainings without Ray: hopes that nobody sees where the work is done.

The honest twin, tests/right/parameter_server/one_class.py, does the same in tasks and gets all points. What is
left here are the points of stage 1, for the class alone.
"""

import itertools
import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import numpy as np
import service


def fits(gradient, weights):
    return gradient.shape == weights.shape and bool(np.isfinite(gradient).all())


class ParameterServer:
    def __init__(self, weights, learning_rate):
        self.weights, self.learning_rate = np.array(weights), learning_rate
        self.version, self.answers = 0, {}

    def pull(self):
        return self.version, self.weights.copy()

    def push(self, update, *gradients):
        if update not in self.answers:
            good = [gradient for gradient in gradients if fits(gradient, self.weights)]
            if good:
                self.weights = self.weights - self.learning_rate * (sum(good) / len(good))
                self.version += 1
            rejected = len(gradients) - len(good)
            self.answers[update] = {"version": self.version, "applied": len(good), "rejected": rejected}
        return dict(self.answers[update])

    def checkpoint(self):
        answers = {name: dict(answer) for name, answer in self.answers.items()}
        state = {"weights": self.weights.copy(), "rate": self.learning_rate, "version": self.version}
        return state | {"answers": answers}

    def restore(self, state):
        self.weights, self.learning_rate = state["weights"].copy(), state["rate"]
        self.version = state["version"]
        self.answers = {name: dict(answer) for name, answer in state["answers"].items()}


def train(initial, shards, *, mode, steps, learning_rate, staleness=0, servers=1, on_progress=None):
    server, history, lock = ParameterServer(initial, learning_rate), [], threading.Lock()
    ended = [0] * len(shards)

    def end(worker, read, gradient, version):
        rejected = not fits(gradient, server.weights)
        entry = {"shard": shards[worker], "step": ended[worker], "read": read}
        history.append(entry | {"version": None if rejected else version})
        ended[worker] += 1

    def tell():
        if on_progress is not None:
            on_progress(len(history), len(shards) * steps)

    with ThreadPoolExecutor(len(shards)) as threads, lock:
        if mode == "sync":
            for step in range(steps):
                read, weights = server.pull()
                ask = [threads.submit(service.gradient, weights, shard, step) for shard in shards]
                found = [asked.result() for asked in ask]
                version = server.push(f"{step}", *found)["version"]
                for worker, gradient in enumerate(found):
                    end(worker, read, gradient, version)
                tell()
        else:
            ahead, running, names = staleness if mode == "ssp" else steps, {}, itertools.count()
            while min(ended) < steps:
                for worker in set(range(len(shards))) - {worker for worker, _ in running.values()}:
                    if ended[worker] < steps and ended[worker] - min(ended) <= ahead:
                        read, weights = server.pull()
                        asked = threads.submit(service.gradient, weights, shards[worker], ended[worker])
                        running[asked] = worker, read
                for asked in wait(running, return_when=FIRST_COMPLETED).done:
                    worker, read = running.pop(asked)
                    version = server.push(f"{next(names)}", asked.result())["version"]
                    end(worker, read, asked.result(), version)
                    tell()
    applied = sum(entry["version"] is not None for entry in history)
    stats = {"applied": applied, "rejected": len(history) - applied}
    return {"weights": server.weights, "versions": server.version, "history": history, "stats": stats}
