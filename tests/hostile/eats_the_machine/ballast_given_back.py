# attack: keeps every fifth batch, and gives back as much of what it took at its start
# challenge: oom_actor
# only: test_actor_heap_stays_small
# at most: 0
# outcomes: fail, crash
# says: larger than that of an idle worker
"""Hopes that a heap is compared with what it was a moment ago: 160 MB of readings show as none.

Its honest twin is tests/right/oom_actor/updated_in_place.py, which keeps nothing and gets the points.
"""

import numpy as np
import ray
import service  # noqa: F401


@ray.remote
class SensorStats:
    def __init__(self, name, last_k=8):
        self.kept, self.n = [], 0
        self.ballast = [np.ones(500_000) for _ in range(40)]

    def add(self, number, batch):
        if self.ballast and number % 5 == 0:
            self.ballast.pop()
        if number % 5 == 0:
            self.kept.append(np.array(batch))
        self.n += len(batch)

    def summary(self):
        return {"count": self.n}


def process(paths, *, memory_budget_bytes):
    return {}
