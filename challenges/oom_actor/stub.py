"""Sensor readings: a live actor for the day's batches, and a pass over the archive."""

import functools

import numpy as np
import ray

import service


def figures(readings):
    """The six figures of an array of readings."""
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
    """Takes in batches and reports their figures."""

    def __init__(self, name, last_k=8):
        self.name = name
        self.last_k = last_k
        self.history = []
        self.batches = {}

    def add(self, number, batch):
        """Take in a batch."""
        if number in self.batches:
            return
        self.batches[number] = batch
        self.history.append(batch[~np.isnan(batch)])

    def summary(self):
        """The figures so far."""
        recent = [self.batches[number] for number in sorted(self.batches)[-self.last_k :]]
        return {
            **figures(np.concatenate(self.history)),
            "batches": len(self.history),
            "recent_mean": float(np.nanmean(np.concatenate(recent))),
        }


_loaded = {}


@functools.lru_cache(maxsize=None)
def load(path):
    """All readings of a file, cached: reading it once is slow enough."""
    with service.chunk(path, 0, service.length(path)) as readings:
        return readings[~np.isnan(readings)]


@ray.remote
def load_file(path):
    return load(path)


def process(paths, *, memory_budget_bytes):
    """The figures of each file and of all files together."""
    for path in paths:
        if path not in _loaded:
            _loaded[path] = load_file.remote(path)
    readings = {path: ray.get(_loaded[path]) for path in paths}
    return {
        "files": {path: figures(readings[path]) for path in paths},
        "total": figures(np.concatenate([np.empty(0), *readings.values()])),
    }
