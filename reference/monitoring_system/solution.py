"""The monitor: windows over sharded samples, alerts that hold steady, losses that are accounted for.

The problem. Samples of many series arrive late, twice and out of order. Queries must be right across all
shards, alerts must not flap, memory must not grow, and a shard may die at any moment.

The obvious program. One actor per shard with a deque, one call per sample, `time.time()` as the clock, and an
alert whenever the last value is over the limit. What breaks:

    a call per sample            20,000 calls cost seconds, the samples in them next to nothing
    hash(metric)                 another process computes another shard
    a deque                      is ordered by arrival and has no bound; windows are about timestamps
    a percentile per shard       cannot be averaged; it takes all the values together
    one thread in the actor      one waiting write makes every query wait
    max_restarts=-1              Ray brings the actor back empty, and tells nobody

The design. It all depends on who knows what:

    Monitor (caller's process)                          Shard (actor, one of n)
      the clock; which samples are late                   its series, ordered by time
      rules and what they have seen so far                which names are stored: duplicates
      the newest timestamp of a watched metric            its life: a number that grows with each restart
      the counters, and how much each shard holds

An ingest becomes one call per shard, all at the same time. A query fetches from each shard the part of the
answer that can be merged: a sum and a count for a mean, the values themselves for a percentile. A shard
writes and reads in different concurrency groups, each with its own threads, so reads never queue behind a
write. The lock between them is held only while memory is touched, never during I/O.

A shard keeps no counters. Each answer says what that one call has changed, and in which life of the shard;
the caller adds it up. A call under way when the shard dies has not been answered, so it has not been counted.
Ray repeats it on the new actor (`max_task_retries`), and it counts there. An answer from a new life means
that the shard has died since the last one, and what it held is lost. Nothing that must survive a shard
(alerts, silences, counters) ever lived in one.

The price. A crash loses up to `retention_s` of the shard's series until they are sent again, and a p95
moves every value in its window to the caller. NOTES.md discusses the alternatives.
"""

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

READERS = 4  # threads of a shard that answer queries while its writing thread waits for the archive


@lru_cache(maxsize=10_000)
def shard_of(metric: str, source: str, shards: int) -> int:
    """Return the shard of a series. `hash()` would differ from process to process."""
    return zlib.crc32(f"{metric}\n{source}".encode()) % shards


# -- one series, in a shard ------------------------------------------------------------------------


class Series:
    """Samples ordered by time."""

    __slots__ = ("names", "points")

    def __init__(self) -> None:
        self.points: list[tuple] = []  # (timestamp, seq, value)
        self.names: set[int] = set()  # the seq of each point, and no others

    def add(self, point: tuple) -> None:
        """Insert a point, nearly always at the end."""
        insort(self.points, point)
        self.names.add(point[1])

    def cut(self, n_points: int) -> int:
        """Forget the oldest `n_points` points and their names; return how many that is."""
        if n_points > 0:
            self.names.difference_update([point[1] for point in self.points[:n_points]])
            del self.points[:n_points]
        return max(0, n_points)

    def until(self, timestamp: float) -> int:
        """Count the points that are not later than this."""
        return bisect_right(self.points, (timestamp, math.inf))


# -- what a shard contributes to a query, and how the parts are merged ------------------------------


PART_OF: dict[str, Callable[[list[tuple]], object]] = {
    "count": len,
    "sum": lambda points: math.fsum(value for _, _, value in points),
    "mean": lambda points: (math.fsum(value for _, _, value in points), len(points)),
    "min": lambda points: min(value for _, _, value in points),
    "max": lambda points: max(value for _, _, value in points),
    "last": max,  # the greatest timestamp
    "p95": lambda points: np.array([value for _, _, value in points]),
}


def nearest_rank(parts: list[np.ndarray]) -> float:
    """Return the 95th percentile of the values in all parts, arrays of shape (n,)."""
    values = np.concatenate(parts)
    rank = -(-95 * len(values) // 100)
    return float(np.partition(values, rank - 1)[rank - 1])


MERGED: dict[str, Callable[[list], float]] = {
    "count": sum,
    "sum": math.fsum,
    "mean": lambda parts: math.fsum(total for total, _ in parts) / sum(n for _, n in parts),
    "min": min,
    "max": max,
    "last": lambda parts: max(parts)[2],
    "p95": nearest_rank,
}


# -- the actor -------------------------------------------------------------------------------------


@ray.remote(
    num_cpus=0, max_restarts=-1, max_task_retries=-1, concurrency_groups={"read": READERS}
)  # methods without a group share one thread, so a shard writes one batch after another
class Shard:
    """Holds the series of one shard."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.life = time.time_ns()
        self.metrics: dict[str, dict[str, Series]] = {}  # metric -> source -> samples
        self.lock = threading.Lock()

    def ingest(self, arrived: list[tuple], oldest: float) -> tuple[int, Counter]:
        """Store samples, and archive the new ones."""
        new = []
        with self.lock:
            changed = Counter(expired=self._expire(oldest))
            for sample in arrived:
                metric, source, seq, timestamp, value = sample
                sources = self.metrics.setdefault(metric, {})
                series = sources.get(source) or sources.setdefault(source, Series())
                if seq not in series.names:
                    series.add((timestamp, seq, value))
                    new.append(sample)
                    if len(series.points) > self.capacity:
                        changed["dropped"] += series.cut(1)
        if new:
            service.archive(new)
        changed.update(accepted=len(new), duplicates=len(arrived) - len(new))
        return self.life, changed

    @ray.method(concurrency_group="read")
    def read(self, questions: list[tuple]) -> tuple[int, list]:
        """Return a part for each (metric, aggregate, since, until); None where there are no samples."""
        parts = []
        with self.lock:
            for metric, aggregate, since, until in questions:
                points: list[tuple] = []
                for series in self.metrics.get(metric, {}).values():
                    points += series.points[series.until(since) : series.until(until)]
                parts.append(PART_OF[aggregate](points) if points else None)
        return self.life, parts

    @ray.method(concurrency_group="read")
    def expire(self, oldest: float) -> tuple[int, Counter]:
        """Forget what is too old."""
        with self.lock:
            return self.life, Counter(expired=self._expire(oldest))

    def _expire(self, oldest: float) -> int:
        expired = 0
        for metric, sources in list(self.metrics.items()):
            for source, series in list(sources.items()):
                expired += series.cut(series.until(oldest))
                if not series.points:
                    del sources[source]  # it may never come back
            if not sources:
                del self.metrics[metric]
        return expired


# -- rules -----------------------------------------------------------------------------------------

COMPARED = {">": operator.gt, "<": operator.lt}


class Watch:
    """A rule and what it has seen. It lives in the caller, so a raised alert outlives any shard."""

    def __init__(self, rule: dict) -> None:
        self.rule = rule
        self.raised = False
        self.since: float | None = None  # when the current stretch over the limit began

    def see(self, value: float | None, now: float) -> str | None:
        """Evaluate once; return "raised" or "resolved" if that changes the alert."""
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
        self.since = now if self.since is None else self.since
        if now - self.since < rule["for_s"]:
            return False
        self.since = None
        return True


# -- the caller's side -----------------------------------------------------------------------------


COUNTED = ("accepted", "duplicates", "late", "dropped", "expired", "lost", "restarts")


class Monitor:
    """Watches samples; see the brief for what each method promises.

    Args:
        rules: As described in the brief.
        shards: How many actors hold the samples.
        clock: Returns the time in seconds. It is only called in this process.
        retention_s: The age at which a sample is too old.
        capacity: How many samples a series keeps.
    """

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
        self._watches = [Watch(rule) for rule in rules]
        self._watched = {rule["metric"] for rule in rules if rule["kind"] == "no_data"}
        self._newest: dict[str, float] = {}  # the newest timestamp accepted for each watched metric
        self._made_at = clock()
        self._shards = [Shard.remote(capacity) for _ in range(shards)]
        self._counts = Counter(dict.fromkeys(COUNTED, 0))
        self._held = [0] * shards  # how many samples each shard stores
        self._lives = [0] * shards  # the life in which it was last seen; 0 is none
        self._lock = threading.Lock()  # never held while waiting for a shard

    def ingest(self, samples: list[tuple]) -> dict:
        """Store samples with one call per shard."""
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
                arrived[shard_of(metric, source, len(self._shards))].append(sample)
            self._counts["late"] += late
        asked = [number for number, group in enumerate(arrived) if group]
        answers = ray.get([self._shards[number].ingest.remote(arrived[number], oldest) for number in asked])
        for number, (life, changed) in zip(asked, answers, strict=True):
            self._note(number, life, changed)
        accepted = sum(changed["accepted"] for _, changed in answers)
        return {"accepted": accepted, "duplicates": len(samples) - late - accepted, "late": late}

    def query(self, metric: str, aggregate: str, window_s: float, now: float) -> float | int | None:
        """Aggregate a metric over a window, across all shards."""
        return self._values([(metric, aggregate, window_s, now)])[0]

    def alerts(self, now: float) -> list[dict]:
        """Evaluate each rule at `now` and return what has changed."""
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
        """Report what has become of every sample so far, and which alerts are raised."""
        oldest = self._oldest()
        answers = ray.get([shard.expire.remote(oldest) for shard in self._shards])
        for number, (life, changed) in enumerate(answers):
            self._note(number, life, changed)
        with self._lock:
            counts, stored = dict(self._counts), sum(self._held)
        return {
            "received": counts["accepted"] + counts["duplicates"] + counts["late"],
            "stored": stored,
            **counts,
            "firing": [watch.rule["name"] for watch in self._watches if watch.raised],
        }

    def close(self) -> None:
        """End the actors."""
        shards, self._shards = self._shards, []
        for shard in shards:
            ray.kill(shard)

    def _oldest(self) -> float:
        """Return the latest timestamp that is too old."""
        return self._clock() - self._retention_s

    def _values(self, queries: list[tuple]) -> list[float | int | None]:
        """Answer each (metric, aggregate, window_s, now), all of them with one call per shard."""
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
        """Count what a call has changed in a shard; a new life means that what it held is lost."""
        with self._lock:
            if life > self._lives[number]:
                if self._lives[number]:
                    self._counts.update(lost=self._held[number], restarts=1)
                self._lives[number], self._held[number] = life, 0
            self._counts.update(changed)
            kept = changed["accepted"] - changed["dropped"] - changed["expired"]
            if life == self._lives[number]:
                self._held[number] += kept
            else:  # another thread saw the next life before this answer arrived
                self._counts["lost"] += kept
