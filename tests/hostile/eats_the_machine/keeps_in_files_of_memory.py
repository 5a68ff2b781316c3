# attack: keeps in memfd what it should not keep in its heap
# challenge: oom_actor
# only: test_actor_heap_stays_small
# at most: 0
# outcomes: fail, crash
# says: (the limit is
"""The actor keeps every batch, as the stub does, in memory that belongs to no heap."""

import os

import numpy as np
import ray


@ray.remote
class SensorStats:
    def __init__(self, name, last_k=8):
        self.kept = os.fdopen(os.memfd_create("readings"), "wb", 0)
        self.lengths = {}

    def add(self, number, batch):
        self.kept.write(np.ascontiguousarray(batch).view(np.uint8))
        self.lengths[number] = len(batch)

    def summary(self):
        return {
            "count": sum(self.lengths.values()),
            "mean": 1.0, "std": 1.0, "min": 1.0, "max": 1.0, "p99": 1.0,
            "batches": len(self.lengths),
            "recent_mean": 1.0,
        }  # fmt: skip


def process(paths, *, memory_budget_bytes):
    return {"files": {}, "total": {}}
