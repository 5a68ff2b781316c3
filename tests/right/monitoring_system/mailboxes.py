"""A mailbox thread per shard in the caller, and shards that the caller itself replaces when they die.

All batches of a shard pass through its mailbox, so it has at most one write under way, in order of arrival,
and the other threads of its plain threaded actor are free for queries. Ray restarts and repeats nothing: a
call that meets a dead actor puts a new one in its place, counts what the old one held as lost, and retries.
The price compared with the reference: a thread per shard, one more hand-over in each ingest, and a dead shard
stays down until a call needs it.
"""

import itertools
import math
import operator
import threading
import zlib
from bisect import bisect, insort
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import ray
import service
from ray.exceptions import RayActorError

N_READERS = 4
COMPARE = {">": operator.gt, "<": operator.lt}


@lru_cache(maxsize=4096)
def shard_of(metric: str, source: str, shards: int) -> int:
    """Where a series lives."""
    return zlib.crc32(source.encode(), zlib.crc32(metric.encode() + b"\0")) % shards


# -- the actor ---------------------------------------------------------------------------------------


class Point(NamedTuple):
    """A stored sample. Points sort by time, and by arrival where times are equal."""

    timestamp: float
    arrival: int
    seq: int
    value: float


class Effect(NamedTuple):
    """What one call has changed in a shard."""

    accepted: int = 0
    dropped: int = 0
    expired: int = 0

    @property
    def kept(self) -> int:
        return self.accepted - self.dropped - self.expired


class Summary(NamedTuple):
    """A summary of one shard's points in a window."""

    count: int
    total: float
    least: float
    most: float
    last: Point


def part_of(question: tuple[str, str, float, float], points: list[Point]) -> Summary | list[float] | None:
    """What the caller needs for its answer: a summary, or for a percentile the values themselves."""
    values = [point.value for point in points]
    if not values or question[1] == "p95":
        return values or None
    return Summary(len(values), math.fsum(values), min(values), max(values), max(points))


def merged(aggregate: str, parts: list) -> float | int | None:
    """Merge the parts of the shards that have samples in the window."""
    if not parts:
        return 0 if aggregate == "count" else None
    if aggregate == "p95":
        values = sorted(itertools.chain(*parts))
        return values[math.ceil(95 * len(values) / 100) - 1]
    counts, totals, least, most, last = zip(*parts, strict=True)
    if aggregate == "mean":
        return math.fsum(totals) / sum(counts)
    if aggregate == "last":
        return max(last).value
    combine, column = {
        "count": (sum, counts), "sum": (math.fsum, totals), "min": (min, least), "max": (max, most),
    }[aggregate]  # fmt: skip
    return combine(column)


def edge(timestamp: float) -> tuple[float, float]:
    """Return a key that sorts after every point with this timestamp."""
    return timestamp, math.inf


@ray.remote(num_cpus=0, max_restarts=0, max_task_retries=0, max_concurrency=1 + N_READERS)
class Shard:
    """Holds some of the series. The caller sends one ingest at a time; the other threads are for reading."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.points: dict[tuple[str, str], list[Point]] = {}
        self.seqs: dict[tuple[str, str], set[int]] = {}
        self.lock = threading.Lock()  # for the memory only, so that reads never wait for a write

    def ingest(self, arrived: list[tuple[int, tuple]], oldest: float) -> tuple[Effect, None]:
        """Store (arrival, sample) pairs and archive the new ones."""
        new, dropped = [], 0
        with self.lock:
            expired = self._expire(oldest)
            for arrival, sample in arrived:
                metric, source, seq, timestamp, value = sample
                points = self.points.setdefault((metric, source), [])
                seqs = self.seqs.setdefault((metric, source), set())
                if seq in seqs:
                    continue
                insort(points, Point(timestamp, arrival, seq, value))
                seqs.add(seq)
                new.append(sample)
                if len(points) > self.capacity:
                    seqs.remove(points.pop(0).seq)
                    dropped += 1
        if new:
            service.archive(new)
        return Effect(len(new), dropped, expired), None

    def read(self, questions: list[tuple[str, str, float, float]], oldest: float) -> tuple[Effect, list]:
        """This shard's part of each (metric, aggregate, since, until); None where it has no samples."""
        with self.lock:
            effect = Effect(expired=self._expire(oldest))
            windows = [self._window(metric, since, until) for metric, _, since, until in questions]
        return effect, [part_of(*pair) for pair in zip(questions, windows, strict=True)]

    def _window(self, wanted: str, since: float, until: float) -> list[Point]:
        found = []
        for (metric, _), points in self.points.items():
            if metric == wanted:
                found += points[bisect(points, edge(since)) : bisect(points, edge(until))]
        return found

    def _expire(self, oldest: float) -> int:
        n_expired = 0
        for series, points in list(self.points.items()):
            if points[0].timestamp <= oldest:
                n = bisect(points, edge(oldest))
                self.seqs[series].difference_update([point.seq for point in points[:n]])
                del points[:n]
                n_expired += n
                if not points:
                    del self.points[series], self.seqs[series]
        return n_expired


# -- the caller --------------------------------------------------------------------------------------


class Keeper:
    """A shard as the caller sees it: the current actor, its mailbox, and how much it should hold."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()  # guards actor, held and counts
        self._actor = Shard.remote(capacity)
        self._held = 0
        self._counts = Counter(accepted=0, duplicates=0, dropped=0, expired=0, lost=0, restarts=0)
        self._mailbox = ThreadPoolExecutor(1, thread_name_prefix="mailbox")

    def post(self, arrived: list[tuple[int, tuple]], oldest: float) -> Future[int]:
        """Ingest after everything posted before; the future holds how many samples were accepted."""
        return self._mailbox.submit(self._ingest, arrived, oldest)

    def ask(self, questions: list[tuple], oldest: float) -> Callable[[], list]:
        """Send questions now; the returned function waits for this shard's parts."""
        wait = self._send("read", questions, oldest)
        return lambda: wait()[1]

    def totals(self) -> Counter:
        """Everything counted for this shard."""
        with self._lock:
            return Counter(self._counts, stored=self._held)

    def close(self) -> None:
        """End the thread and the actor."""
        self._mailbox.shutdown()
        ray.kill(self._actor)

    def _ingest(self, arrived: list[tuple[int, tuple]], oldest: float) -> int:
        effect, _ = self._send("ingest", arrived, oldest)()
        with self._lock:
            self._counts["duplicates"] += len(arrived) - effect.accepted
        return effect.accepted

    def _send(self, method: str, *args: Any) -> Callable[[], tuple[Effect, Any]]:
        """Call the actor now; the returned function waits, and calls again if the actor has died."""
        actor = self._actor
        ref = getattr(actor, method).remote(*args)

        def answer() -> tuple[Effect, Any]:
            nonlocal actor, ref
            while True:
                try:
                    effect, found = ray.get(ref)
                except RayActorError:
                    actor = self._successor(actor)
                    ref = getattr(actor, method).remote(*args)
                else:
                    self._note(actor, effect)
                    return effect, found

        return answer

    def _successor(self, dead: Any) -> Any:
        """Return the actor after this one; the first to notice the death creates it and counts the loss."""
        with self._lock:
            if self._actor is dead:
                ray.kill(dead)  # it may only be unreachable; now it is certainly gone
                self._actor = Shard.remote(self._capacity)
                self._counts.update(lost=self._held, restarts=1)
                self._held = 0
            return self._actor

    def _note(self, actor: Any, effect: Effect) -> None:
        with self._lock:
            self._counts.update(effect._asdict())
            if actor is self._actor:
                self._held += effect.kept
            else:  # another thread saw it die after it had answered
                self._counts["lost"] += effect.kept


@dataclass
class Alert:
    """A rule and its state after the evaluations so far."""

    rule: dict
    raised: bool = False
    over_since: float | None = None

    def evaluate(self, value: float | None, now: float) -> str | None:
        """The event at `now`, if there is one."""
        was_raised = self.raised
        self.raised = self._silent(value) if self.rule["kind"] == "no_data" else self._over(value, now)
        return {(False, True): "raised", (True, False): "resolved"}.get((was_raised, self.raised))

    def _silent(self, silence: float) -> bool:
        return silence >= self.rule["after_s"]

    def _over(self, value: float | None, now: float) -> bool:
        rule, compare = self.rule, COMPARE[self.rule["op"]]
        if self.raised:
            return value is None or compare(value, rule["clear"])
        if value is None or not compare(value, rule["limit"]):
            self.over_since = None
            return False
        if self.over_since is None:
            self.over_since = now
        if now - self.over_since < rule["for_s"]:
            return False
        self.over_since = None
        return True


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
        self._alerts = [Alert(rule) for rule in rules]
        self._made_at = clock()
        self._newest: dict[str, float] = {}  # only for metrics with a no_data rule
        self._is_watched = {rule["metric"] for rule in rules if rule["kind"] == "no_data"}
        self._n_late = 0
        self._arrivals = itertools.count()
        self._lock = threading.Lock()  # one thread at a time numbers and posts a batch
        self._keepers = [Keeper(capacity) for _ in range(shards)]

    def ingest(self, samples: list[tuple]) -> dict:
        """Post each shard's samples to its mailbox, and wait until all of them are archived."""
        oldest = self._oldest()
        groups: dict[int, list[tuple[int, tuple]]] = defaultdict(list)
        late = 0
        with self._lock:
            for sample in samples:
                metric, source, _, timestamp, _ = sample
                if timestamp <= oldest:
                    late += 1
                    continue
                if metric in self._is_watched:
                    self._newest[metric] = max(timestamp, self._newest.get(metric, timestamp))
                groups[shard_of(metric, source, len(self._keepers))].append((next(self._arrivals), sample))
            self._n_late += late
            posted = [self._keepers[number].post(group, oldest) for number, group in groups.items()]
        accepted = sum(future.result() for future in posted)
        return {"accepted": accepted, "duplicates": len(samples) - late - accepted, "late": late}

    def query(self, metric: str, aggregate: str, window_s: float, now: float) -> float | int | None:
        """Aggregate a metric over a window."""
        (value,) = self._ask([(metric, aggregate, window_s, now)])
        return value

    def alerts(self, now: float) -> list[dict]:
        """Evaluate each rule once and return what has changed."""
        asked = [alert.rule for alert in self._alerts if alert.rule["kind"] == "threshold"]
        values = iter(self._ask([(r["metric"], r["aggregate"], r["window_s"], now) for r in asked]))
        events = []
        for alert in self._alerts:
            rule = alert.rule
            is_silence = rule["kind"] == "no_data"
            value = now - self._newest.get(rule["metric"], self._made_at) if is_silence else next(values)
            event = alert.evaluate(value, now)
            if event:
                events.append({"rule": rule["name"], "event": event, "at": now, "value": value})
        return events

    def stats(self) -> dict:
        """What has become of every sample so far, and which alerts are raised."""
        self._ask([])  # shards expire samples before they answer, and dead ones are noticed
        sums: Counter = Counter()
        for keeper in self._keepers:
            sums.update(keeper.totals())
        sums["late"] = self._n_late
        sums["received"] = sums["accepted"] + sums["duplicates"] + sums["late"]
        return {**sums, "firing": [alert.rule["name"] for alert in self._alerts if alert.raised]}

    def close(self) -> None:
        """End threads and actors."""
        while self._keepers:
            self._keepers.pop().close()

    def _oldest(self) -> float:
        return self._clock() - self._retention_s

    def _ask(self, queries: list[tuple[str, str, float, float]]) -> list[float | int | None]:
        """Answer each (metric, aggregate, window_s, now); all shards are asked at the same time."""
        questions = [(metric, aggregate, now - window_s, now) for metric, aggregate, window_s, now in queries]
        oldest = self._oldest()
        asked = [keeper.ask(questions, oldest) for keeper in self._keepers]
        of_shards = [wait() for wait in asked]
        return [
            merged(aggregate, [part for part in parts if part is not None])
            for (_, aggregate, _, _), *parts in zip(questions, *of_shards, strict=True)
        ]
