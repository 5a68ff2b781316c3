"""Async shards with group commit: one event loop owns a shard's samples, so nothing in it needs a lock.

An ingest stores its samples in one step of the loop and then waits for its turn to write. Whoever gets the
turn writes everything gathered so far, in a thread, while the loop keeps answering queries. Ray restarts a
dead shard and repeats its unanswered calls, and every answer carries the shard's time of birth, so the caller
notices each new life. The price: unlike in the reference, a query that computes for long holds up every other
call of its shard.
"""

import asyncio
import hashlib
import itertools
import math
import threading
import time
from bisect import bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import ray
import service

Point = tuple[float, int, float, int]  # timestamp, arrival, value, seq
IS_OVER = {">": lambda value, limit: value > limit, "<": lambda value, limit: value < limit}


@lru_cache(maxsize=4096)
def shard_of(metric: str, source: str, shards: int) -> int:
    """The shard of a series, the same in every process."""
    digest = hashlib.blake2b(f"{metric} {source}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % shards


# -- aggregates: how a shard computes its part, and how the caller merges the parts -------------------


def _sum(points: list[Point]) -> float:
    return math.fsum([value for _, _, value, _ in points])


def _mean(parts: list[tuple[float, int]]) -> float:
    return math.fsum([total for total, _ in parts]) / sum(n for _, n in parts)


def _p95(parts: list[np.ndarray]) -> float:
    values = np.sort(np.concatenate(parts))
    return float(values[math.ceil(95 * len(values) / 100) - 1])


AGGREGATES: dict[str, tuple[Callable, Callable]] = {
    "count": (len, sum),
    "sum": (_sum, math.fsum),
    "mean": (lambda points: (_sum(points), len(points)), _mean),
    "min": (lambda points: min(value for _, _, value, _ in points), min),
    "max": (lambda points: max(value for _, _, value, _ in points), max),
    "last": (max, lambda parts: max(parts)[2]),
    "p95": (lambda points: np.array([value for _, _, value, _ in points]), _p95),
}


# -- the actor ---------------------------------------------------------------------------------------


class Series:
    """The sorted points of a series, and the numbers of their samples."""

    def __init__(self) -> None:
        self.points: list[Point] = []
        self.seqs: set[int] = set()

    def add(self, point: Point) -> None:
        insort(self.points, point)
        self.seqs.add(point[3])

    def drop_oldest(self, n: int) -> None:
        self.seqs.difference_update([point[3] for point in self.points[:n]])
        del self.points[:n]

    def n_until(self, timestamp: float) -> int:
        return bisect_right(self.points, (timestamp, math.inf))


@ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)
class Shard:
    """Some of the series. All methods run on one loop and give it up only while the archive writes."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.born = time.time_ns()
        self.metrics: dict[str, dict[str, Series]] = defaultdict(lambda: defaultdict(Series))
        self.gathered: list[tuple] = []  # stored, not yet handed to the archive
        self.turn = asyncio.Lock()

    async def ingest(self, arrived: list[tuple[int, tuple]], oldest: float) -> tuple[int, Counter]:
        """Store (arrival, sample) pairs; return when all the new ones are in the archive."""
        changed = Counter(expired=self._expire(oldest))
        for arrival, sample in arrived:
            metric, source, seq, timestamp, value = sample
            series = self.metrics[metric][source]
            if seq in series.seqs:
                changed["duplicates"] += 1
                continue
            series.add((timestamp, arrival, value, seq))
            self.gathered.append(sample)
            changed["accepted"] += 1
            if len(series.points) > self.capacity:
                series.drop_oldest(1)
                changed["dropped"] += 1
        if changed["accepted"]:
            async with self.turn:  # whoever had the turn before may have written ours as well
                batch, self.gathered = self.gathered, []
                if batch:
                    await asyncio.to_thread(service.archive, batch)
        return self.born, changed

    async def read(self, questions: list[tuple]) -> tuple[int, list]:
        """This shard's part of each (metric, aggregate, since, until); None where it has no samples."""
        return self.born, [self._part(*question) for question in questions]

    async def expire(self, oldest: float) -> tuple[int, Counter]:
        """Forget what is too old."""
        return self.born, Counter(expired=self._expire(oldest))

    def _part(self, metric: str, aggregate: str, since: float, until: float) -> object:
        points: list[Point] = []
        for series in self.metrics[metric].values() if metric in self.metrics else ():
            points += series.points[series.n_until(since) : series.n_until(until)]
        return AGGREGATES[aggregate][0](points) if points else None

    def _expire(self, oldest: float) -> int:
        n_expired = 0
        for metric, sources in list(self.metrics.items()):
            for source, series in list(sources.items()):
                if n := series.n_until(oldest):
                    series.drop_oldest(n)
                    n_expired += n
                if not series.points:
                    del sources[source]
            if not sources:
                del self.metrics[metric]
        return n_expired


# -- the caller --------------------------------------------------------------------------------------


class Alert:
    """The state machine of one rule: quiet, over the limit since some evaluation, or raised."""

    def __init__(self, rule: dict) -> None:
        self.rule = rule
        self.is_raised = False
        self.over_since: float | None = None

    def evaluate(self, value: float | None, now: float) -> str | None:
        """The event of this evaluation, if there is one."""
        if self.is_raised:
            if self._stays(value):
                return None
            self.is_raised = False
            return "resolved"
        if not self._is_over(value):
            self.over_since = None
            return None
        if self.over_since is None:
            self.over_since = now
        if now - self.over_since < self.rule.get("for_s", 0.0):
            return None
        self.is_raised, self.over_since = True, None
        return "raised"

    def _is_over(self, value: float | None) -> bool:
        if self.rule["kind"] == "no_data":
            return value >= self.rule["after_s"]
        return value is not None and IS_OVER[self.rule["op"]](value, self.rule["limit"])

    def _stays(self, value: float | None) -> bool:
        if self.rule["kind"] == "no_data":
            return value >= self.rule["after_s"]
        return value is None or IS_OVER[self.rule["op"]](value, self.rule["clear"])


class Books:
    """What has become of the samples, added up from the answers of the shards."""

    def __init__(self, shards: int) -> None:
        self._lock = threading.Lock()
        kinds = ("accepted", "duplicates", "late", "dropped", "expired", "lost", "restarts")
        self._counts = Counter(dict.fromkeys(kinds, 0))
        self._born = [0] * shards
        self._held = [0] * shards

    def note(self, shard: int, born: int, changed: Counter) -> None:
        """Enter an answer. A later birth than the last known one means that the shard has died since."""
        kept = changed["accepted"] - changed["dropped"] - changed["expired"]
        with self._lock:
            self._counts.update(changed)
            if born < self._born[shard]:  # the answer comes from a life known to have ended
                self._counts["lost"] += kept
                return
            if born > self._born[shard]:
                if self._born[shard]:
                    self._counts["restarts"] += 1
                    self._counts["lost"] += self._held[shard]
                self._born[shard], self._held[shard] = born, 0
            self._held[shard] += kept

    def note_late(self, n: int) -> None:
        with self._lock:
            self._counts["late"] += n

    def totals(self) -> dict[str, int]:
        with self._lock:
            counts, stored = dict(self._counts), sum(self._held)
        received = counts["accepted"] + counts["duplicates"] + counts["late"]
        return counts | {"received": received, "stored": stored}


class Monitor:
    """Watches samples; see the brief for what each method promises."""

    def __init__(
        self,
        rules: list[dict],
        *,
        shards: int = 2,
        clock: Callable[[], float],
        retention_s: float = 600.0,
        capacity: int = 1000,
    ) -> None:
        self._clock, self._retention_s = clock, retention_s
        self._made_at = clock()
        self._alerts = [Alert(rule) for rule in rules]
        self._newest = {rule["metric"]: -math.inf for rule in rules if rule["kind"] == "no_data"}
        self._arrivals = itertools.count()
        self._lock = threading.Lock()  # guards the arrivals and the newest timestamps
        self._books = Books(shards)
        self._shards = [Shard.remote(capacity) for _ in range(shards)]

    def ingest(self, samples: list[tuple]) -> dict:
        """Store samples, with one call per shard, all at the same time."""
        oldest = self._oldest()
        in_time = [sample for sample in samples if sample[3] > oldest]
        n_late = len(samples) - len(in_time)
        groups: dict[int, list[tuple[int, tuple]]] = defaultdict(list)
        with self._lock:
            for sample in in_time:
                metric, source, _, timestamp, _ = sample
                groups[shard_of(metric, source, len(self._shards))].append((next(self._arrivals), sample))
                if metric in self._newest:
                    self._newest[metric] = max(self._newest[metric], timestamp)
        answers = ray.get(
            [self._shards[shard].ingest.remote(group, oldest) for shard, group in groups.items()]
        )
        n_accepted = 0
        for shard, (born, changed) in zip(groups, answers, strict=True):
            self._books.note(shard, born, changed)
            n_accepted += changed["accepted"]
        self._books.note_late(n_late)
        return {"accepted": n_accepted, "duplicates": len(in_time) - n_accepted, "late": n_late}

    def query(self, metric: str, aggregate: str, window_s: float, now: float) -> float | int | None:
        """Aggregate a metric over a window."""
        return self._read([(metric, aggregate, window_s, now)])[0]

    def alerts(self, now: float) -> list[dict]:
        """Evaluate each rule at `now` and return what has changed."""
        rules = [alert.rule for alert in self._alerts]
        asked = [rule for rule in rules if rule["kind"] == "threshold"]
        values = iter(self._read([(r["metric"], r["aggregate"], r["window_s"], now) for r in asked]))
        events = []
        for alert in self._alerts:
            name = alert.rule["name"]
            value = next(values) if alert.rule["kind"] == "threshold" else self._silence(alert.rule, now)
            if event := alert.evaluate(value, now):
                events.append({"rule": name, "event": event, "at": now, "value": value})
        return events

    def stats(self) -> dict:
        """What has become of every sample so far, and which alerts are raised."""
        oldest = self._oldest()
        answers = ray.get([shard.expire.remote(oldest) for shard in self._shards])
        for shard, (born, changed) in enumerate(answers):
            self._books.note(shard, born, changed)
        firing = [alert.rule["name"] for alert in self._alerts if alert.is_raised]
        return {**self._books.totals(), "firing": firing}

    def close(self) -> None:
        """End the actors."""
        while self._shards:
            ray.kill(self._shards.pop())

    def _oldest(self) -> float:
        return self._clock() - self._retention_s

    def _silence(self, rule: dict, now: float) -> float:
        newest = self._newest[rule["metric"]]
        return now - (self._made_at if newest == -math.inf else newest)

    def _read(self, queries: list[tuple]) -> list[float | int | None]:
        """Answer each query, all of them with one call per shard."""
        if not queries:
            return []
        oldest = self._oldest()
        questions = [
            (metric, aggregate, max(now - window_s, oldest), now)
            for metric, aggregate, window_s, now in queries
        ]
        answers = ray.get([shard.read.remote(questions) for shard in self._shards])
        for shard, (born, _) in enumerate(answers):
            self._books.note(shard, born, Counter())
        values: list[float | int | None] = []
        for number, (_, aggregate, *_) in enumerate(questions):
            parts = [parts[number] for _, parts in answers if parts[number] is not None]
            empty = 0 if aggregate == "count" else None
            values.append(AGGREGATES[aggregate][1](parts) if parts else empty)
        return values
