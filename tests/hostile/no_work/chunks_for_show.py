# attack: tasks ask for all chunks at once and let go of them, while the driver reads the files, one by one
# challenge: oom_actor
# only: test_files_and_total, test_budget_is_kept, test_budget_is_used, test_nothing_stays, test_speed
# at most: 0
# outcomes: fail
# says: `mean` is
"""Hopes that the books are believed: overlap, budget and workers are as they should be, of chunks nobody looks at.

Its honest twin is tests/right/oom_actor/group_commit.py, a task for each chunk that computes as well.
"""

import numpy as np
import ray
import service


def figures(readings):
    readings = readings[~np.isnan(readings)]
    if not readings.size:
        return {"count": 0} | dict.fromkeys(("mean", "std", "min", "max", "p99"))
    return {
        "count": readings.size,
        "mean": float(readings.mean()),
        "std": float(readings.std()),
        "min": float(readings.min()),
        "max": float(readings.max()),
        "p99": float(np.quantile(readings, 0.99)),
    }


@ray.remote
class SensorStats:
    pass


@ray.remote
def ask(path, chunk_readings):
    n = service.length(path)
    for first in range(0, n, chunk_readings):
        with service.chunk(path, first, min(chunk_readings, n - first)):
            pass


def process(paths, *, memory_budget_bytes):
    asking, waiting = [], list(paths)
    while asking or waiting:
        while waiting and len(asking) < 4:
            asking.append(ask.remote(waiting.pop(), memory_budget_bytes // 32))
        _, asking = ray.wait(asking)
    found = {path: np.load(path) for path in paths}
    return {
        "files": {path: figures(readings) for path, readings in found.items()},
        "total": figures(np.concatenate([np.empty(0), *found.values()])),
    }
