"""What Ray did in one round of a program: plain values, for charts, comparisons and diagnoses; no Ray here.

All times are in seconds since the round started.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from grader.tables import ENDED, TaskRow

MAX_SPANS = 2000
RECORDED_ROUND = (
    "Recorded in the last warm-up round of each, before the rounds that count: recording takes time too."
)

SpanKind = Literal["task", "actor call", "actor start"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One attempt at a task or an actor call.

    Args:
        name: The function, or Class.method.
        kind: Which of the two, or an actor's constructor.
        pid: The worker; 0 when it never ran.
        submitted_s: When it was submitted.
        started_s: When it started running; None when it never did.
        ended_s: When it ended; None when it had not by the end of the round.
    """

    name: str
    kind: SpanKind
    pid: int
    submitted_s: float
    started_s: float | None
    ended_s: float | None

    @property
    def run_s(self) -> float:
        """How long it ran; 0 when that is not known."""
        return 0.0 if self.started_s is None or self.ended_s is None else self.ended_s - self.started_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A wait of the driver for Ray.

    Args:
        call: "ray.get" or "ray.wait".
        start_s: When it started.
        end_s: When it ended.
    """

    call: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCall:
    """A call to the service.

    Args:
        op: The operation.
        pid: The process that called.
        start_s: When it started.
        end_s: When it was answered; None when it was not.
    """

    op: str
    pid: int
    start_s: float
    end_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One round.

    Args:
        seconds: From the call to its result.
        num_cpus: Logical CPUs of the cluster.
        driver_pid: The driver.
        spans: Tasks and calls, by time of submission; the first MAX_SPANS of them.
        n_spans: How many there were in all.
        store: (time, bytes used) of the object store, some twenty times a second.
        stored_bytes: Bytes created in the object store.
        stored_objects: How many objects that were.
        spilled_bytes: Bytes written to disk because the store was full.
        waits: Where the driver waited for Ray.
        calls: Calls to the service.
    """

    seconds: float
    num_cpus: int
    driver_pid: int
    spans: tuple[Span, ...]
    n_spans: int
    store: tuple[tuple[float, int], ...]
    stored_bytes: int
    stored_objects: int
    spilled_bytes: int
    waits: tuple[Wait, ...]
    calls: tuple[ServiceCall, ...]

    @property
    def ran(self) -> list[Span]:
        """Tasks and actor calls that ran to the end, without constructors."""
        return [
            s
            for s in self.spans
            if s.kind != "actor start" and s.started_s is not None and s.ended_s is not None
        ]

    @property
    def pids(self) -> list[int]:
        """The workers, in the order in which they first had something to do."""
        return list(dict.fromkeys(s.pid for s in sorted(self.spans, key=_start) if s.started_s is not None))

    def busy_s(self) -> dict[int, float]:
        """How long each worker was running anything; what overlaps counts once."""
        found: dict[int, list[tuple[float, float]]] = defaultdict(list)
        for s in self.spans:
            if s.started_s is not None:
                found[s.pid].append((s.started_s, self.seconds if s.ended_s is None else s.ended_s))
        return {pid: union_s(intervals) for pid, intervals in found.items()}

    def peak_running(self) -> int:
        """The most tasks and actor calls that ran at once."""
        return peak((s.started_s, s.ended_s) for s in self.ran if s.started_s is not None)

    def waited_s(self) -> float:
        """How long the driver waited for Ray."""
        return union_s([(w.start_s, w.end_s) for w in self.waits])

    def to_json(self) -> dict[str, Any]:
        """As the record keeps it: rows instead of dictionaries, to a tenth of a millisecond."""
        rounded = {key: value for key, value in asdict(self).items() if key not in _ROWS}
        rounded["seconds"] = _tidy(self.seconds)
        rounded["store"] = [[_tidy(t), n] for t, n in self.store]
        for key, row in _ROWS.items():
            rounded[key] = [
                [_tidy(getattr(each, f.name)) for f in fields(row)] for each in getattr(self, key)
            ]
        return rounded


_ROWS: dict[str, type[Span | Wait | ServiceCall]] = {"spans": Span, "waits": Wait, "calls": ServiceCall}


def from_json(document: dict[str, Any]) -> Trace:
    """A trace as a record keeps it.

    Raises:
        KeyError, TypeError, ValueError: It is not one.
    """
    rows: dict[str, Any] = {}
    for key, row in _ROWS.items():
        names = [f.name for f in fields(row)]
        rows[key] = tuple(row(**dict(zip(names, values, strict=True))) for values in document[key])
    store = tuple((float(t), int(n)) for t, n in document["store"])
    return Trace(**(document | rows | {"store": store}))


def union_s(intervals: Iterable[tuple[float, float]]) -> float:
    """Total length that the intervals cover."""
    covered, reached = 0.0, float("-inf")
    for start, end in sorted(intervals):
        if end > reached:
            covered += end - max(start, reached)
            reached = end
    return covered


def peak(intervals: Iterable[tuple[float | None, float | None]]) -> int:
    """The most intervals open at one moment; one that starts where another ends does not overlap it."""
    steps: list[tuple[float, int]] = []
    for start, end in intervals:
        if start is not None and end is not None:
            steps += [(start, 1), (end, -1)]
    now = most = 0
    for _, step in sorted(steps):
        now += step
        most = max(most, now)
    return most


def spans_of(tasks: Sequence[TaskRow], began_s: float) -> list[Span]:
    """Spans from rows of the task table, by time of submission.

    Args:
        tasks: The tasks of the round.
        began_s: When the round started, in seconds since the epoch.
    """
    kinds: dict[str, SpanKind] = {
        "NORMAL_TASK": "task", "ACTOR_TASK": "actor call", "ACTOR_CREATION_TASK": "actor start",
    }  # fmt: skip
    found = []
    for task in tasks:
        times = task.times_s
        if task.kind not in kinds or not times:
            continue
        ends = [times[state] - began_s for state in ENDED if state in times]
        started = times.get("RUNNING")
        found.append(
            Span(
                name=task.name,
                kind=kinds[task.kind],
                pid=task.pid,
                submitted_s=min(times.values()) - began_s,
                started_s=None if started is None else started - began_s,
                ended_s=max(ends, default=None),
            )
        )
    return sorted(found, key=lambda span: span.submitted_s)


def _start(span: Span) -> float:
    return span.submitted_s if span.started_s is None else span.started_s


def _tidy(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value
