"""Running figures that are updated in place, and a task per file with at most four of them in flight.

The actor folds each batch into its one mutable state and pickles all of it in a single save before it
answers. A file is one task: it folds chunk after chunk into its own figures and returns those, or the reason
why the file cannot be read. Four tasks with a quarter of the budget each cannot exceed it, and nothing larger
than a sample travels. It is shorter than the reference, but if a save raises, a batch is counted and unsaved.
"""

import math
import pickle

import numpy as np
import ray
import service

SAMPLE = 16384
STREAMS = 4


def smallest(keys, readings):
    if len(keys) <= SAMPLE:
        return keys, readings
    chosen = np.argpartition(keys, SAMPLE)[:SAMPLE]
    return keys[chosen], readings[chosen]


class Kept:
    def __init__(self):
        self.count, self.mean, self.squares = 0, 0.0, 0.0
        self.low, self.high = math.inf, -math.inf
        self.keys = self.sample = np.empty(0)

    def add(self, readings):
        readings = readings[~np.isnan(readings)]
        if not len(readings):
            return
        part = Kept()
        part.count, part.mean = len(readings), float(readings.mean())
        part.squares = float(((readings - part.mean) ** 2).sum())
        part.low, part.high = float(readings.min()), float(readings.max())
        part.keys, part.sample = smallest(np.random.random(len(readings)), readings)
        self.merge(part)

    def merge(self, part):
        if not part.count:
            return
        count, apart = self.count + part.count, part.mean - self.mean
        self.squares += part.squares + apart**2 * self.count * part.count / count
        self.mean += apart * part.count / count
        self.count = count
        self.low, self.high = min(self.low, part.low), max(self.high, part.high)
        self.keys, self.sample = smallest(
            np.concatenate([self.keys, part.keys]), np.concatenate([self.sample, part.sample])
        )

    def figures(self):
        if not self.count:
            return {"count": 0, "mean": None, "std": None, "min": None, "max": None, "p99": None}
        return {
            "count": self.count,
            "mean": self.mean,
            "std": math.sqrt(self.squares / self.count),
            "min": self.low,
            "max": self.high,
            "p99": float(np.quantile(self.sample, 0.99)),
        }


@ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)
class SensorStats:
    def __init__(self, name, last_k=8):
        self.name, self.last_k = name, last_k
        saved = service.load(name)
        self.kept, self.numbers, self.recent = pickle.loads(saved) if saved else (Kept(), set(), {})

    def add(self, number, batch):
        if number in self.numbers:
            return
        self.kept.add(batch)
        self.numbers.add(number)
        readings = batch[~np.isnan(batch)]
        self.recent[number] = (len(readings), float(readings.mean()) if len(readings) else 0.0)
        while len(self.recent) > self.last_k:
            del self.recent[min(self.recent)]
        service.save(self.name, pickle.dumps((self.kept, self.numbers, self.recent)))

    def summary(self):
        count = sum(count for count, _ in self.recent.values())
        total = math.fsum(count * mean for count, mean in self.recent.values())
        return {
            **self.kept.figures(),
            "batches": len(self.numbers),
            "recent_mean": total / count if count else None,
        }


@ray.remote
def read_file(path, chunk_readings):
    kept = Kept()
    try:
        n = service.length(path)
        for first in range(0, n, chunk_readings):
            with service.chunk(path, first, min(chunk_readings, n - first)) as part:
                kept.add(part)
                del part
    except service.BadFile as error:
        return str(error)
    return kept


def process(paths, *, memory_budget_bytes):
    lanes = max(1, min(STREAMS, len(paths)))
    chunk_readings = memory_budget_bytes // lanes // 8
    files, total = {}, Kept()
    waiting, running = list(paths), {}
    while waiting or running:
        while waiting and len(running) < lanes:
            path = waiting.pop(0)
            running[read_file.remote(path, chunk_readings)] = path
        (ref,), _ = ray.wait(list(running))
        path, kept = running.pop(ref), ray.get(ref)
        del ref
        if isinstance(kept, str):
            files[path] = {"error": kept}
        else:
            files[path] = kept.figures()
            total.merge(kept)
    return {"files": files, "total": total.figures()}
