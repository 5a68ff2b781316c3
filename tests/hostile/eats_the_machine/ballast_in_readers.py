# attack: readers keep whole files, and give back as much of what they took in an earlier call
# challenge: oom_actor
# only: test_process_heap_stays_small
# at most: 0
# outcomes: fail, crash
# says: It held
"""Hopes that a heap is compared with what it was when the call began: files of 32 MB show as a few.

Its honest twin is tests/right/oom_actor/updated_in_place.py, which keeps no chunk and gets the points.
"""

import numpy as np
import ray
import service


def figures(readings):
    if not readings.size:
        return {"count": 0} | dict.fromkeys(("mean", "std", "min", "max", "p99"))
    mean = float(readings.mean())
    readings -= mean  # its own memory
    std = float(np.sqrt(readings @ readings / readings.size))
    readings += mean
    low, high = float(readings.min()), float(readings.max())
    readings.partition(int(0.99 * (readings.size - 1)))
    p99 = float(readings[int(0.99 * (readings.size - 1))])
    return {"count": readings.size, "mean": mean, "std": std, "min": low, "max": high, "p99": p99}


@ray.remote
class SensorStats:
    pass


@ray.remote
def read_file(path, chunk_readings):
    n = service.length(path)
    if not hasattr(
        np, "ballast"
    ):  # in a module of the worker's own: what a function refers to travels with it
        np.ballast = [np.ones(250_000) for _ in range(60)]
    elif n > chunk_readings:
        del np.ballast[: n // 250_000]
    whole = np.empty(n)
    for first in range(0, n, chunk_readings):
        with service.chunk(path, first, min(chunk_readings, n - first)) as part:
            whole[first : first + part.size] = part
            del part
    return figures(whole), whole[np.random.random(n) < min(1.0, 20_000 / max(n, 1))]


def process(paths, *, memory_budget_bytes):
    done = ray.get([read_file.remote(path, memory_budget_bytes // 32) for path in paths])
    files = {path: found for path, (found, _) in zip(paths, done)}
    known = list(files.values())
    count = sum(found["count"] for found in known)
    mean = sum(found["count"] * found["mean"] for found in known) / count
    squares = sum(found["count"] * (found["std"] ** 2 + (found["mean"] - mean) ** 2) for found in known)
    total = {
        "count": count,
        "mean": mean,
        "std": float(np.sqrt(squares / count)),
        "min": min(found["min"] for found in known),
        "max": max(found["max"] for found in known),
        "p99": float(np.quantile(np.concatenate([sample for _, sample in done]), 0.99)),
    }
    return {"files": files, "total": total}
