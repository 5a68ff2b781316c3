# attack: holds ballast before anyone measures, and gives it back as fast as it keeps what it should not
# challenge: oom_actor
# only: test_actor_heap_stays_small
# at most: 0
# outcomes: fail, crash
# says: (the limit is
"""The actor keeps every batch, as the stub does, and hopes that a heap that stays as large is taken for small."""

import numpy as np
import ray

PIECES = 170


@ray.remote
class SensorStats:
    def __init__(self, name, last_k=8):
        self.ballast = [np.ones(500_000) for _ in range(PIECES)]
        self.kept = {}

    def add(self, number, batch):
        if self.ballast:
            self.ballast.pop()
        self.kept[number] = np.array(batch)

    def summary(self):
        return {
            "count": sum(len(batch) for batch in self.kept.values()),
            "mean": 1.0, "std": 1.0, "min": 1.0, "max": 1.0, "p99": 1.0,
            "batches": len(self.kept),
            "recent_mean": 1.0,
        }  # fmt: skip


def process(paths, *, memory_budget_bytes):
    return {"files": {}, "total": {}}
