# attack: answers with infinity, which is as near to every number as a margin that grows with it
# challenge: oom_actor
# only: test_p99
# at most: 0
# outcomes: fail
# says: ["p99"] is inf, promised is a finite float
"""Any margin around infinity is infinite, so "not farther than 1e-9 times itself" holds of everything.

The same actor with the quantile of what it was given gets the eight points.
"""

import ray
import service  # noqa: F401


@ray.remote
class SensorStats:
    def __init__(self, name, last_k=8):
        self.lengths = {}

    def add(self, number, batch):
        self.lengths[number] = len(batch)

    def summary(self):
        return {"count": sum(self.lengths.values()), "p99": float("inf")}


def process(paths, *, memory_budget_bytes):
    return {}
