# attack: throwaway tasks do the saving and die for it; what the actor remembers is on disk
# challenge: oom_actor
# only: test_killed_actor
# at most: 0
# outcomes: fail
# says: continues from what service.load returns
"""Hopes that whoever saves is killed, and that nobody asks where the state was.

Its honest twin is tests/right/oom_actor/updated_in_place.py, which saves itself and gets the points.
"""

import hashlib
import math
import pickle
import tempfile
from pathlib import Path

import numpy as np
import ray
import service


@ray.remote(max_retries=-1)
def save(name, state):
    service.save(name, state)


@ray.remote(max_restarts=-1, max_task_retries=-1)
class SensorStats:
    def __init__(self, name, last_k=8):
        self.name, self.last_k = name, last_k
        self.disk = Path(tempfile.gettempdir()) / hashlib.sha256(name.encode()).hexdigest()
        self.batches = pickle.loads(self.disk.read_bytes()) if self.disk.exists() else {}

    def add(self, number, batch):
        self.batches[number] = np.array(batch)
        self.disk.write_bytes(pickle.dumps(self.batches))
        ray.get(save.remote(self.name, b"nothing"))

    def summary(self):
        readings = np.concatenate(list(self.batches.values()))
        recent = np.concatenate([self.batches[n] for n in sorted(self.batches)[-self.last_k :]])
        return {
            "count": readings.size,
            "mean": math.fsum(readings) / readings.size,
            "std": float(readings.std()),
            "min": float(readings.min()),
            "max": float(readings.max()),
            "p99": float(np.quantile(readings, 0.99)),
            "batches": len(self.batches),
            "recent_mean": float(recent.mean()),
        }


def process(paths, *, memory_budget_bytes):
    return {}
