"""An async actor whose calls share their saves, and a task for each chunk, whichever file it belongs to.

The actor takes in a batch at once but answers only after a save that includes it; batches that come in during
a save wait for the next one together. The archive is a queue of chunks: four tasks are in flight, each with a
quarter of the budget, and the driver merges their figures by file, so even a single file has four readers.
For p99, readings survive coin tosses, which needs no keys and makes a save smaller. Against the reference
it pays a task and a stored result for each chunk, and the driver does all the merging.
"""

import asyncio
import math
import pickle
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import ray
import service

MAX_SAMPLE = 1 << 15
LANES = 4
READING_BYTES = 8


class Sample:
    """Holds each reading with probability 1 / 2**level, whatever its value and its neighbours."""

    def __init__(self):
        self.level = 0
        self.readings = np.empty(0)

    def merge(self, level, readings):
        """Bring both to the higher level and combine them; halve the result while it is too large."""
        top = max(self.level, level)
        together = np.concatenate([
            survivors(self.readings, top - self.level),
            survivors(readings, top - level),
        ])  # fmt: skip
        while together.size > MAX_SAMPLE:
            top, together = top + 1, survivors(together, 1)
        self.level, self.readings = top, together


def survivors(readings, tosses):
    """The readings that win this many coin tosses in a row."""
    return readings[np.random.random(readings.size) < 0.5**tosses] if tosses else readings


class Figures:
    """Everything we know about some readings; parts can be merged in any order."""

    def __init__(self):
        self.count, self.mean, self.squares = 0, 0.0, 0.0
        self.low, self.high = math.inf, -math.inf
        self.sample = Sample()

    @classmethod
    def of(cls, readings):
        """The figures of an array. They do not refer to its memory."""
        figures, readings = cls(), readings[~np.isnan(readings)]
        if readings.size:
            figures.count, figures.mean = readings.size, float(readings.mean())
            figures.low, figures.high = float(readings.min()), float(readings.max())
            figures.sample.merge(0, readings)
            readings -= figures.mean  # our own copy
            figures.squares = float(readings @ readings)
        return figures

    def merge(self, part):
        """Take in the figures of other readings (Chan's formula)."""
        if not part.count:
            return
        count, apart = self.count + part.count, part.mean - self.mean
        self.squares += part.squares + apart**2 * self.count * part.count / count
        self.mean += apart * part.count / count
        self.count = count
        self.low, self.high = min(self.low, part.low), max(self.high, part.high)
        self.sample.merge(part.sample.level, part.sample.readings)

    def as_dict(self):
        """The six figures, as plain numbers."""
        if not self.count:
            return {"count": 0} | dict.fromkeys(("mean", "std", "min", "max", "p99"))
        return {
            "count": self.count,
            "mean": self.mean,
            "std": math.sqrt(self.squares / self.count),
            "min": self.low,
            "max": self.high,
            "p99": float(np.quantile(self.sample.readings, 0.99)),
        }


@dataclass
class Day:
    """What an actor has to remember."""

    figures: Figures = field(default_factory=Figures)
    numbers: set = field(default_factory=set)
    recent: dict = field(default_factory=dict)  # number -> count and mean


@ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)
class SensorStats:
    """The figures of a stream of batches."""

    def __init__(self, name, last_k=8):
        self.name, self.last_k = name, last_k
        saved = service.load(name)
        self.day = pickle.loads(saved) if saved else Day()
        # Batches in `day` and in the last save, counted since this process started.
        self.taken = self.saved = 0
        self.saving = asyncio.Lock()

    async def add(self, number, batch):
        """Take in a batch; return once it is saved."""
        if number not in self.day.numbers:
            self.take(number, Figures.of(batch))
        mine = self.taken  # a repeated batch may still have to be saved
        async with self.saving:
            if self.saved < mine:
                taken, state = self.taken, pickle.dumps(self.day)
                await asyncio.to_thread(service.save, self.name, state)
                self.saved = taken

    def take(self, number, part):
        """Bring the day up to date with a batch; nothing is saved yet."""
        day = self.day
        day.figures.merge(part)
        day.numbers.add(number)
        day.recent[number] = part.count, part.mean
        if len(day.recent) > self.last_k:
            del day.recent[min(day.recent)]
        self.taken += 1

    async def summary(self):
        """The figures, the number of batches and the mean of the recent ones."""
        count = sum(count for count, _ in self.day.recent.values())
        total = math.fsum(count * mean for count, mean in self.day.recent.values())
        return {
            **self.day.figures.as_dict(),
            "batches": len(self.day.numbers),
            "recent_mean": total / count if count else None,
        }


class File:
    """A file that is being read.

    Args:
        path: Its name.
        chunk_readings: Length of its chunks.
    """

    def __init__(self, path, chunk_readings):
        self.path, self.figures, self.error = path, Figures(), None
        try:
            n_readings = service.length(path)
        except service.BadFile as error:
            n_readings, self.error = 0, str(error)
        self.chunks = [
            (first, min(chunk_readings, n_readings - first)) for first in range(0, n_readings, chunk_readings)
        ]
        self.chunks_left = len(self.chunks)

    def take(self, part):
        """Take in the result for one of its chunks: figures or an error."""
        self.chunks_left -= 1
        if isinstance(part, str):
            self.figures, self.error = Figures(), part
        elif self.error is None:
            self.figures.merge(part)

    def result(self):
        """Its entry in the result of `process`."""
        return self.figures.as_dict() if self.error is None else {"error": self.error}


def process(paths, *, memory_budget_bytes):
    """The figures of each file and of all files together."""
    files = [File(path, memory_budget_bytes // LANES // READING_BYTES) for path in paths]
    results, total = {file.path: file.result() for file in files}, Figures()
    waiting = ((file, *chunk) for file in files for chunk in file.chunks)
    reading = {
        read_chunk.remote(file.path, first, count): file for file, first, count in islice(waiting, LANES)
    }
    while reading:
        (done,), _ = ray.wait(list(reading))
        file = reading.pop(done)
        for following, first, count in islice(waiting, 1):  # right away, so that no lane is idle
            reading[read_chunk.remote(following.path, first, count)] = following
        file.take(ray.get(done))
        del done
        if not file.chunks_left:
            results[file.path] = file.result()
            total.merge(file.figures)
            file.figures = None  # there may be many files
    return {"files": results, "total": total.as_dict()}


@ray.remote
def read_chunk(path, first, count):
    """The figures of one chunk, or why it cannot be read."""
    try:
        with service.chunk(path, first, count) as part:
            return Figures.of(part)
    except service.BadFile as error:
        return str(error)
