# attack: no Ray at all: a class that looks like an actor in the driver, and threads that read the archive
# challenge: oom_actor
# at most: 0
# outcomes: fail, crash
# says: but Ray saw 0 new ones
# says: were read outside Ray's workers
# sample: no
"""Everything is right but for where it runs. Its honest twin is tests/right/oom_actor/updated_in_place.py."""

import math
import pickle
import types
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import ray
import service

SAMPLE = 16384


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
        part.keys, part.sample = np.random.random(len(readings)), readings
        self.merge(part)

    def merge(self, part):
        if not part.count:
            return
        count, apart = self.count + part.count, part.mean - self.mean
        self.squares += part.squares + apart**2 * self.count * part.count / count
        self.mean += apart * part.count / count
        self.count = count
        self.low, self.high = min(self.low, part.low), max(self.high, part.high)
        keys, sample = np.concatenate([self.keys, part.keys]), np.concatenate([self.sample, part.sample])
        chosen = np.argsort(keys)[:SAMPLE]
        self.keys, self.sample = keys[chosen], sample[chosen]

    def figures(self):
        if not self.count:
            return {"count": 0} | dict.fromkeys(("mean", "std", "min", "max", "p99"))
        std, p99 = math.sqrt(self.squares / self.count), float(np.quantile(self.sample, 0.99))
        return {
            "count": self.count, "mean": self.mean, "std": std, "min": self.low, "max": self.high, "p99": p99
        }  # fmt: skip


class Answer:
    """What stands in for a ref."""

    def __init__(self, value):
        self.value = value


class SensorStats:
    def __init__(self, name, last_k=8):
        self.name, self.last_k = name, last_k
        saved = service.load(name)
        self.kept, self.numbers, self.recent = pickle.loads(saved) if saved else (Kept(), set(), {})

    def __getattribute__(self, name):
        if name in ("add", "summary", "__ray_ready__"):
            call = getattr(type(self), f"_{name.strip('_')}")
            return types.SimpleNamespace(remote=lambda *args: Answer(call(self, *args)))
        return object.__getattribute__(self, name)

    def _ray_ready(self):
        return True

    def _add(self, number, batch):
        if number in self.numbers:
            return
        self.kept.add(batch)
        self.numbers.add(number)
        readings = batch[~np.isnan(batch)]
        self.recent[number] = (len(readings), float(readings.mean()) if len(readings) else 0.0)
        while len(self.recent) > self.last_k:
            del self.recent[min(self.recent)]
        service.save(self.name, pickle.dumps((self.kept, self.numbers, self.recent)))

    def _summary(self):
        count = sum(count for count, _ in self.recent.values())
        total = math.fsum(count * mean for count, mean in self.recent.values())
        mean = total / count if count else None
        return {**self.kept.figures(), "batches": len(self.numbers), "recent_mean": mean}


SensorStats.remote = classmethod(lambda cls, *args, **options: cls(*args, **options))
_get, _kill = ray.get, ray.kill
ray.get = lambda ref, **options: ref.value if isinstance(ref, Answer) else _get(ref, **options)
ray.kill = lambda actor, **options: isinstance(actor, SensorStats) or _kill(actor, **options)


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
    files, total = {}, Kept()
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda path: read_file(path, memory_budget_bytes // 32), paths))
    for path, kept in zip(paths, found):
        if isinstance(kept, str):
            files[path] = {"error": kept}
        else:
            files[path] = kept.figures()
            total.merge(kept)
    return {"files": files, "total": total.figures()}
