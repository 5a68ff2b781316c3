# attack: keeps every reading under keys of its own in the state store, and looks at all of them for a summary
# challenge: oom_actor
# only: test_actor_heap_stays_small
# at most: 0
# outcomes: fail
# says: all states together would have more than
"""What is saved is in no process of the side: hopes that nobody counts it.

The honest twin keeps its readings in its heap, and is killed for it: challenges/oom_actor/stub.py, 0 points.
"""

import math

import numpy as np
import ray
import service

PIECE = 62_500  # readings of 500 kB
BINS = 20_000


@ray.remote(max_restarts=-1, max_task_retries=-1)
class SensorStats:
    def __init__(self, name, last_k=8):
        self.name, self.last_k, self.known, self.n_pieces = name, last_k, {}, 0
        self.low, self.high = math.inf, -math.inf

    def add(self, number, batch):
        if number in self.known:
            return
        there = batch[~np.isnan(batch)]
        if len(there):
            self.low, self.high = min(self.low, float(there.min())), max(self.high, float(there.max()))
        for first in range(0, len(there), PIECE):
            service.save(f"{self.name}/{self.n_pieces}", there[first : first + PIECE].tobytes())
            self.n_pieces += 1
        mean = float(there.mean()) if len(there) else 0.0
        self.known[number] = len(there), mean, float(((there - mean) ** 2).sum())

    def summary(self):
        def mean(parts):
            n = sum(part[0] for part in parts)
            return math.fsum(part[0] * part[1] for part in parts) / n if n else None

        parts, n = list(self.known.values()), sum(part[0] for part in self.known.values())
        recent = mean([self.known[number] for number in sorted(self.known)[-self.last_k :]])
        told = {"count": n, "batches": len(parts), "recent_mean": recent}
        if not n:
            return told | dict.fromkeys(("mean", "std", "min", "max", "p99"))
        middle, width = mean(parts), (self.high - self.low) / BINS or 1.0
        counts = np.zeros(BINS + 1, dtype=np.int64)
        for piece in range(self.n_pieces):
            readings = np.frombuffer(service.load(f"{self.name}/{piece}"))
            counts += np.bincount(((readings - self.low) / width).astype(np.int64), minlength=BINS + 1)
        squares = math.fsum(count * (own - middle) ** 2 + square for count, own, square in parts)
        at = int(np.searchsorted(np.cumsum(counts), 0.99 * n))
        figures = {"mean": middle, "std": math.sqrt(squares / n), "min": self.low, "max": self.high}
        return told | figures | {"p99": self.low + at * width}


def process(paths, *, memory_budget_bytes):
    return {"files": {}, "total": {}}
