"""Sensor statistics in constant memory: an actor that survives its own death, and a streamed archive.

The problem. Eight numbers are wanted, and a program that keeps the readings to compute them has already lost.
What holds memory in a Ray program is also not always what it seems:

    a list of batches          the batches: as copies on the heap, as views in the object store
    a slice of a batch         the whole buffer it was cut from; the store cannot let go of it
    an object reference        the object, for as long as anybody has the reference, including the driver
    a cache in a worker        whatever went through it, even between calls: workers are reused
    a file that is loaded      the file; and four tasks at a time hold four of them
    a NumPy expression         one temporary array for each step, as large as its input

The design. One class, `Kept`, holds all that is known of any number of readings: count, mean, sum of squared
deviations, extremes, and a uniform sample for p99. Two of them can be merged without looking at
the readings. The rest is plumbing:

    batch  ->  Kept of the batch  +  Kept so far  ->  saved, then adopted             SensorStats
    chunk  ->  Kept of the chunk  +  Kept of the file  ->  + Kept of all files        process

The sample. Each reading draws a random key, and the readings with the SAMPLE smallest keys are kept. Every
subset is equally likely, whatever order the readings come in, and two samples merge by the same rule. The
rank of its 99th percentile has a standard deviation of sqrt(0.99 * 0.01 / SAMPLE) = 0.08 %, and half a
percent is six of them.

Death. A batch counts once its number and its figures have been saved together, in one step that happens
completely or not at all. Ray restarts the actor and repeats the calls that were not answered; the actor
recognises a repeated batch that was saved before its death by the number.

The price. p99 is an estimate; the other figures are not. And every `add` pays for saving 270 KB,
1 to 2 ms here; if that were too much, several batches would have to share one save before they are answered.
"""

from __future__ import annotations

import math
import pickle
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import ray
import service

SAMPLE = 1 << 14  # readings kept for p99
STREAMS = 4  # chunks the archive delivers at a time
READING_BYTES = 8


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What we keep of any number of readings."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0  # sum of the squared deviations from the mean
    low: float = math.inf
    high: float = -math.inf
    keys: np.ndarray = field(default_factory=lambda: np.empty(0))  # (m,), m = min(count, SAMPLE)
    sample: np.ndarray = field(default_factory=lambda: np.empty(0))  # (m,): readings with the smallest keys

    @classmethod
    def of(cls, readings: np.ndarray, rng: np.random.Generator) -> Kept:
        """What to keep of these readings, without NaN. The result does not refer to their memory."""
        readings = readings[~np.isnan(readings)]
        if not readings.size:
            return cls()
        mean = readings.mean()
        apart = readings - mean
        squares = apart @ apart - apart.sum() ** 2 / readings.size  # the second term: `mean` is rounded
        keys, sample = smallest(rng.random(readings.size), readings)
        return cls(
            count=readings.size,
            mean=float(mean),
            squares=float(squares),
            low=float(readings.min()),
            high=float(readings.max()),
            keys=keys,
            sample=sample,
        )

    def __add__(self, other: Kept) -> Kept:
        """Merge two of them (Chan, Golub and LeVeque 1979) without squaring large numbers."""
        count = self.count + other.count
        if not self.count or not other.count:
            return self if self.count else other
        apart = other.mean - self.mean
        keys, sample = smallest(
            np.concatenate([self.keys, other.keys]), np.concatenate([self.sample, other.sample])
        )
        return Kept(
            count=count,
            mean=self.mean + apart * other.count / count,
            squares=self.squares + other.squares + apart**2 * self.count * other.count / count,
            low=min(self.low, other.low),
            high=max(self.high, other.high),
            keys=keys,
            sample=sample,
        )

    def figures(self) -> dict[str, Any]:
        """The six figures, as plain numbers."""
        if not self.count:
            return {"count": 0} | dict.fromkeys(("mean", "std", "min", "max", "p99"))
        return {
            "count": self.count,
            "mean": self.mean,
            "std": math.sqrt(max(0.0, self.squares) / self.count),
            "min": self.low,
            "max": self.high,
            "p99": float(np.quantile(self.sample, 0.99)),
        }


def smallest(keys: np.ndarray, readings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The SAMPLE smallest keys and their readings."""
    if keys.size <= SAMPLE:
        return keys, readings
    chosen = np.argpartition(keys, SAMPLE)[:SAMPLE]
    return keys[chosen], readings[chosen]


# -- the day's batches ---------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Day:
    """An actor's whole state; the promise of `add` holds once this is saved."""

    kept: Kept = field(default_factory=Kept)
    numbers: frozenset[int] = frozenset()
    recent: dict[int, tuple[int, float]] = field(default_factory=dict)  # number -> count and mean

    def plus(self, number: int, batch: Kept, last_k: int) -> Day:
        """The state after one more batch."""
        recent = self.recent | {number: (batch.count, batch.mean)}
        last = sorted(recent)[-last_k:]
        return Day(
            kept=self.kept + batch,
            numbers=self.numbers | {number},
            recent={number: recent[number] for number in last},
        )


@ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)
class SensorStats:
    """The figures of a stream of batches.

    Args:
        name: Key of its state; an actor continues where the last one with that name stopped.
        last_k: How many batches `recent_mean` covers.
    """

    def __init__(self, name: str, last_k: int = 8) -> None:
        self.name, self.last_k = name, last_k
        self.rng = np.random.default_rng()  # unseeded: a seed would repeat itself after a restart
        saved = service.load(name)
        self.day = Day() if saved is None else pickle.loads(saved)  # noqa: S301 - only this class saves here

    def add(self, number: int, batch: np.ndarray) -> None:
        """Count a batch once, however often it is sent."""
        if number in self.day.numbers:
            return
        day = self.day.plus(number, Kept.of(batch, self.rng), self.last_k)
        service.save(self.name, pickle.dumps(day))
        self.day = day  # not earlier: a repeated batch would be taken for counted though it is not saved

    def summary(self) -> dict[str, Any]:
        """The figures, the number of batches and the mean of the recent batches."""
        counts = sum(count for count, _ in self.day.recent.values())
        total = math.fsum(count * mean for count, mean in self.day.recent.values())
        return {
            **self.day.kept.figures(),
            "batches": len(self.day.numbers),
            "recent_mean": total / counts if counts else None,
        }


# -- the archive ---------------------------------------------------------------------------------


def process(paths: Sequence[str], *, memory_budget_bytes: int) -> dict[str, Any]:
    """Compute the figures of each file and of all files together.

    Args:
        paths: Distinct .npy files.
        memory_budget_bytes: The most that open chunks may count at any moment.

    Returns:
        `{"files": {path: figures or {"error": reason}}, "total": figures}`.
    """
    lanes = max(1, min(STREAMS, len(paths)))
    chunk_readings = memory_budget_bytes // (lanes * READING_BYTES)
    files: dict[str, Any] = dict.fromkeys(paths)
    total = Kept()
    waiting, reading = list(reversed(paths)), {}
    while waiting or reading:
        while waiting and len(reading) < lanes:  # one task per lane: this keeps the budget
            path = waiting.pop()
            reading[read_file.remote(path, chunk_readings)] = path
        (done,), _ = ray.wait(list(reading))
        path = reading.pop(done)
        found = ray.get(done)
        del done  # the object goes with its last reference
        if isinstance(found, str):
            files[path] = {"error": found}
        else:
            files[path] = found.figures()
            total += found
    return {"files": files, "total": total.figures()}


@ray.remote(num_cpus=1)
def read_file(path: str, chunk_readings: int) -> Kept | str:
    """What to keep of a whole file, or why it cannot be read: part of a file does not count."""
    rng = np.random.default_rng()
    kept = Kept()
    try:
        n_readings = service.length(path)
        for first in range(0, n_readings, chunk_readings):
            with service.chunk(path, first, min(chunk_readings, n_readings - first)) as part:
                kept += Kept.of(part, rng)
                del part  # the name outlives the block and would keep the memory
    except service.BadFile as error:
        return str(error)
    return kept
