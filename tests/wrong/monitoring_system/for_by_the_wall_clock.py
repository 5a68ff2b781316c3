# rejected-by: test_threshold_alerts
"""The learner measures how long it has been with the clock on the wall."""

import itertools
import math
import operator
import threading
import time
import zlib
from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
import numpy as np
import ray
import service

READERS = 4


@lru_cache(maxsize=10000)
def shard_of(metric: str, source: str, shards: int) -> int:
    return zlib.crc32(f"{metric}\n{source}".encode()) % shards


class Series:
    __slots__ = ("names", "points")

    def __init__(self) -> None:
        self.points: list[tuple] = []
        self.names: set[int] = set()

    def add(self, point: tuple) -> None:
        insort(self.points, point)
        self.names.add(point[3])

    def cut(self, n_points: int) -> int:
        if n_points > 0:
            self.names.difference_update([point[3] for point in self.points[:n_points]])
            del self.points[:n_points]
        return max(0, n_points)

    def until(self, timestamp: float) -> int:
        return bisect_right(self.points, (timestamp, math.inf))


PART_OF: dict[str, Callable[[list[tuple]], object]] = {
    "count": len,
    "sum": lambda points: math.fsum((value for _, _, value, _ in points)),
    "mean": lambda points: (math.fsum((value for _, _, value, _ in points)), len(points)),
    "min": lambda points: min((value for _, _, value, _ in points)),
    "max": lambda points: max((value for _, _, value, _ in points)),
    "last": max,
    "p95": lambda points: np.array([value for _, _, value, _ in points]),
}


def nearest_rank(parts: list[np.ndarray]) -> float:
    values = np.concatenate(parts)
    rank = -(-95 * len(values) // 100)
    return float(np.partition(values, rank - 1)[rank - 1])


MERGED: dict[str, Callable[[list], float]] = {
    "count": sum,
    "sum": math.fsum,
    "mean": lambda parts: math.fsum((total for total, _ in parts)) / sum((n for _, n in parts)),
    "min": min,
    "max": max,
    "last": lambda parts: max(parts)[2],
    "p95": nearest_rank,
}


@ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1, concurrency_groups={"read": READERS})
class Shard:
    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.life = time.time_ns()
        self.metrics: dict[str, dict[str, Series]] = {}
        self.lock = threading.Lock()

    def ingest(self, arrived: list[tuple], oldest: float) -> tuple[int, Counter]:
        new = []
        with self.lock:
            changed = Counter(expired=self._expire(oldest))
            for arrival, sample in arrived:
                metric, source, seq, timestamp, value = sample
                sources = self.metrics.setdefault(metric, {})
                series = sources.get(source) or sources.setdefault(source, Series())
                if seq not in series.names:
                    series.add((timestamp, arrival, value, seq))
                    new.append(sample)
                    if len(series.points) > self.capacity:
                        changed["dropped"] += series.cut(1)
        if new:
            service.archive(new)
        changed.update(accepted=len(new), duplicates=len(arrived) - len(new))
        return (self.life, changed)

    @ray.method(concurrency_group="read")
    def read(self, questions: list[tuple]) -> tuple[int, list]:
        parts = []
        with self.lock:
            for metric, aggregate, since, until in questions:
                points: list[tuple] = []
                for series in self.metrics.get(metric, {}).values():
                    points += series.points[series.until(since) : series.until(until)]
                parts.append(PART_OF[aggregate](points) if points else None)
        return (self.life, parts)

    @ray.method(concurrency_group="read")
    def expire(self, oldest: float) -> tuple[int, Counter]:
        with self.lock:
            return (self.life, Counter(expired=self._expire(oldest)))

    def _expire(self, oldest: float) -> int:
        expired = 0
        for sources in self.metrics.values():
            for source, series in list(sources.items()):
                expired += series.cut(series.until(oldest))
                if not series.points:
                    del sources[source]
        return expired


COMPARED = {">": operator.gt, "<": operator.lt}


class Watch:
    def __init__(self, rule: dict) -> None:
        self.rule = rule
        self.raised = False
        self.since: float | None = None

    def see(self, value: float | None, now: float) -> str | None:
        before = self.raised
        self.raised = self._is_raised(value, now)
        return None if self.raised == before else "raised" if self.raised else "resolved"

    def _is_raised(self, value: float | None, now: float) -> bool:
        rule = self.rule
        if rule["kind"] == "no_data":
            return value >= rule["after_s"]
        holds = COMPARED[rule["op"]]
        if self.raised:
            return value is None or holds(value, rule["clear"])
        if value is None or not holds(value, rule["limit"]):
            self.since = None
            return False
        now = time.time()
        self.since = now if self.since is None else self.since
        if now - self.since < rule["for_s"]:
            return False
        self.since = None
        return True


COUNTED = ("accepted", "duplicates", "late", "dropped", "expired", "lost", "restarts")


class Monitor:
    def __init__(
        self,
        rules: list[dict],
        *,
        shards: int = 2,
        clock: Callable[[], float],
        retention_s: float = 600.0,
        capacity: int = 1000,
    ) -> None:
        self._clock, self._retention_s = (clock, retention_s)
        self._watches = [Watch(rule) for rule in rules]
        self._watched = {rule["metric"] for rule in rules if rule["kind"] == "no_data"}
        self._newest: dict[str, float] = {}
        self._made_at = clock()
        self._shards = [Shard.remote(capacity) for _ in range(shards)]
        self._arrivals = itertools.count()
        self._counts = Counter(dict.fromkeys(COUNTED, 0))
        self._held = [0] * shards
        self._lives = [0] * shards
        self._lock = threading.Lock()

    def ingest(self, samples: list[tuple]) -> dict:
        oldest = self._oldest()
        arrived: list[list[tuple]] = [[] for _ in self._shards]
        late = 0
        with self._lock:
            for sample in samples:
                metric, source, _, timestamp, _ = sample
                if timestamp <= oldest:
                    late += 1
                    continue
                if metric in self._watched and timestamp > self._newest.get(metric, -math.inf):
                    self._newest[metric] = timestamp
                arrived[shard_of(metric, source, len(self._shards))].append((next(self._arrivals), sample))
            self._counts["late"] += late
        asked = [number for number, group in enumerate(arrived) if group]
        answers = ray.get([self._shards[number].ingest.remote(arrived[number], oldest) for number in asked])
        for number, (life, changed) in zip(asked, answers, strict=True):
            self._note(number, life, changed)
        accepted = sum((changed["accepted"] for _, changed in answers))
        return {"accepted": accepted, "duplicates": len(samples) - late - accepted, "late": late}

    def query(self, metric: str, aggregate: str, window_s: float, now: float) -> float | int | None:
        return self._values([(metric, aggregate, window_s, now)])[0]

    def alerts(self, now: float) -> list[dict]:
        thresholds = [w.rule for w in self._watches if w.rule["kind"] == "threshold"]
        answers = iter(self._values([(r["metric"], r["aggregate"], r["window_s"], now) for r in thresholds]))
        changes = []
        for watch in self._watches:
            if watch.rule["kind"] == "threshold":
                value = next(answers)
            else:
                value = now - self._newest.get(watch.rule["metric"], self._made_at)
            event = watch.see(value, now)
            if event is not None:
                changes.append({"rule": watch.rule["name"], "event": event, "at": now, "value": value})
        return changes

    def stats(self) -> dict:
        oldest = self._oldest()
        answers = ray.get([shard.expire.remote(oldest) for shard in self._shards])
        for number, (life, changed) in enumerate(answers):
            self._note(number, life, changed)
        with self._lock:
            counts, stored = (dict(self._counts), sum(self._held))
        return {
            "received": counts["accepted"] + counts["duplicates"] + counts["late"],
            "stored": stored,
            **counts,
            "firing": [watch.rule["name"] for watch in self._watches if watch.raised],
        }

    def close(self) -> None:
        shards, self._shards = (self._shards, [])
        for shard in shards:
            ray.kill(shard)

    def _oldest(self) -> float:
        return self._clock() - self._retention_s

    def _values(self, queries: list[tuple]) -> list[float | int | None]:
        oldest = self._oldest()
        questions = [
            (metric, aggregate, max(now - window_s, oldest), now)
            for metric, aggregate, window_s, now in queries
        ]
        if not questions:
            return []
        answers = ray.get([shard.read.remote(questions) for shard in self._shards])
        for number, (life, _) in enumerate(answers):
            self._note(number, life, Counter())
        values = []
        for number, (_, aggregate, _, _) in enumerate(questions):
            parts = [parts[number] for _, parts in answers if parts[number] is not None]
            empty = 0 if aggregate == "count" else None
            values.append(MERGED[aggregate](parts) if parts else empty)
        return values

    def _note(self, number: int, life: int, changed: Counter) -> None:
        with self._lock:
            if life > self._lives[number]:
                if self._lives[number]:
                    self._counts.update(lost=self._held[number], restarts=1)
                self._lives[number], self._held[number] = (life, 0)
            self._counts.update(changed)
            kept = changed["accepted"] - changed["dropped"] - changed["expired"]
            if life == self._lives[number]:
                self._held[number] += kept
            else:
                self._counts["lost"] += kept
