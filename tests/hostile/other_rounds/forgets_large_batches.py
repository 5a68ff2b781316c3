# attack: keeps every reading of small batches, and of large ones their number and mean alone
# challenge: oom_actor
# only: test_actor_heap_stays_small, test_actor_pins_no_batches
# at most: 0
# outcomes: fail
# says: after 200 batches of 4 MB: `std` | after 200 batches of 4 MB: `min` | after 200 batches of 4 MB: `max`
"""Batches of 4 MB come only where memory is measured, and not all figures are asked for there.

The honest twin keeps every reading of all batches, and is killed for it: challenges/oom_actor/stub.py.
"""

import numpy as np
import ray

LARGE = 400_000


def figures(readings):
    if len(readings) == 0:
        return {"count": 0, "mean": None, "std": None, "min": None, "max": None, "p99": None}
    return {
        "count": len(readings),
        "mean": float(np.mean(readings)),
        "std": float(np.std(readings)),
        "min": float(np.min(readings)),
        "max": float(np.max(readings)),
        "p99": float(np.percentile(readings, 99)),
    }


@ray.remote
class SensorStats:
    def __init__(self, name, last_k=8):
        self.last_k, self.kept, self.known = last_k, {}, {}

    def add(self, number, batch):
        if number in self.known:
            return
        there = batch[~np.isnan(batch)]
        self.known[number] = (len(there), float(there.mean()) if len(there) else 0.0)
        if len(batch) < LARGE:
            self.kept[number] = there

    def summary(self):
        def mean(numbers):
            pairs = [self.known[number] for number in numbers]
            n = sum(count for count, _ in pairs)
            return sum(count * mean for count, mean in pairs) / n if n else None

        seen = figures(np.concatenate([np.empty(0), *self.kept.values()]))
        if len(self.kept) < len(self.known):
            seen |= {"count": sum(n for n, _ in self.known.values()), "mean": mean(self.known)}
        return {**seen, "batches": len(self.known), "recent_mean": mean(sorted(self.known)[-self.last_k :])}


def process(paths, *, memory_budget_bytes):
    return {"files": {}, "total": {}}
