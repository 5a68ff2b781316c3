# attack: keeps every batch in anonymous shared mappings, which are in no heap and have no file
# challenge: oom_actor
# only: test_actor_heap_stays_small
# at most: 0
# outcomes: fail, crash
# says: (the limit is
"""`mmap.mmap(-1, n)` is shared memory without a name: hopes that only heaps and files are looked at.

The honest twin keeps the same copies in its heap, and is killed for it: challenges/oom_actor/stub.py, 0 points.
"""

import mmap

import numpy as np
import ray


def kept(batch):
    """A copy that is in no heap."""
    if not batch.nbytes:
        return np.empty(0)
    copy = np.frombuffer(mmap.mmap(-1, batch.nbytes), dtype=batch.dtype)
    copy[:] = batch
    return copy


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
        self.last_k, self.batches = last_k, {}

    def add(self, number, batch):
        if number not in self.batches:
            self.batches[number] = kept(batch[~np.isnan(batch)])

    def summary(self):
        recent = [self.batches[number] for number in sorted(self.batches)[-self.last_k :]]
        if sum(map(len, self.batches.values())) > 10_000_000:  # all at once would not fit
            readings = np.empty(0)
        else:
            readings = np.concatenate([np.empty(0), *self.batches.values()])
        last = np.concatenate([np.empty(0), *recent])
        return {
            **figures(readings),
            "count": sum(map(len, self.batches.values())),
            "batches": len(self.batches),
            "recent_mean": float(last.mean()) if len(last) else None,
        }


def process(paths, *, memory_budget_bytes):
    return {"files": {}, "total": {}}
