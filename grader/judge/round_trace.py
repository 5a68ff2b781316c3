"""Watches what Ray does on a side while one round runs: see `grader.explain.trace` for what comes out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from grader.errors import GraderError
from grader.explain.trace import MAX_SPANS, ServiceCall, Trace, Wait, spans_of
from grader.side.sampler import Sampler
from grader.side.side import Side
from grader.side.task_table import FLUSH_INTERVAL_S
from grader.tables import StoreRow, TaskRow
from grader.world.outside import OutsideWorld

_KEPT_CALLS = 2000
_SAMPLES_PER_LOOK = 4  # at the table of tasks, which may be long

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class TracedRound:
    """A round that was watched; its trace is read later, when Ray's task events have arrived.

    Args:
        side: Where it ran.
        driver_pid: The driver that ran it.
        began_s: When it started, in seconds since the epoch.
        seconds: How long it took.
        store_before: The object store's counters at its start.
        store_after: The same at its end.
        store: (seconds since the start, bytes used), some twenty times a second.
        waits: Where the driver waited for Ray.
        calls: Calls to the service.
        tasks: The task table, as it was seen last; None to read it when it is needed.
    """

    side: Side
    driver_pid: int
    began_s: float
    seconds: float
    store_before: StoreRow
    store_after: StoreRow
    store: tuple[tuple[float, int], ...]
    waits: tuple[Wait, ...]
    calls: tuple[ServiceCall, ...]
    tasks: Sequence[TaskRow] | None = None

    def trace(self) -> Trace | None:
        """What Ray did in the round; None when the cluster cannot be read.

        Its tasks are those submitted while it lasted: rounds do not overlap.
        """
        try:
            tasks = self._settled() if self.tasks is None else self.tasks
        except GraderError:
            return None
        spans = [s for s in spans_of(tasks, self.began_s) if 0 <= s.submitted_s <= self.seconds]
        before, after = self.store_before, self.store_after
        return Trace(
            seconds=self.seconds,
            num_cpus=self.side.needs.num_cpus,
            driver_pid=self.driver_pid,
            spans=tuple(spans[:MAX_SPANS]),
            n_spans=len(spans),
            store=tuple((t, n - before.used_bytes) for t, n in self.store),
            stored_bytes=after.created_bytes - before.created_bytes,
            stored_objects=after.created_objects - before.created_objects,
            spilled_bytes=after.spilled_bytes - before.spilled_bytes,
            waits=self.waits,
            calls=self.calls,
        )

    def _settled(self) -> Sequence[TaskRow]:
        ended_s = self.began_s + self.seconds
        time.sleep(max(0.0, ended_s + FLUSH_INTERVAL_S - time.time()))
        return self.side.look("tasks").tasks


def recorded(
    side: Side, world: OutsideWorld | None, run: Callable[[], Result]
) -> tuple[Result, TracedRound | None]:
    """Run one round and watch it.

    Args:
        side: A side that is ready, with the round's input.
        world: The round's world.
        run: Starts the round and waits for its end.

    Returns:
        What `run` gave, and the recording; None when the cluster could not be read.
    """
    try:
        watch = RoundWatch(side, world)
    except GraderError:
        return run(), None
    try:
        result = run()
    finally:
        watch.stop()
    return result, watch.read()


class RoundWatch:
    """Watches a round from its beginning, which is now, until `stop`.

    Args:
        side: A side that is ready, with the round's input.
        world: The round's world.
        may_break: The driver may not live to the end of the round. The table of its tasks goes with it, so
            it is read again and again while the round lasts.

    Raises:
        GraderError: The cluster cannot be read.
    """

    def __init__(self, side: Side, world: OutsideWorld | None, *, may_break: bool = False) -> None:
        self._side, self._world, self._may_break = side, world, may_break
        self._rig, self._driver_pid = side.rig, side.driver_pid
        self._before = side.look("store").store
        side.ask_driver("trace", on=True)
        self._began_s, self._began_monotonic, self._seconds = time.time(), time.monotonic(), 0.0
        self._store: list[tuple[float, int]] = []
        self._tasks: Sequence[TaskRow] = ()
        self._sampler = Sampler(self._sample)  # the store is read some twenty times a second

    def _sample(self) -> None:
        used = self._side.look("store").store.used_bytes
        self._store.append((time.monotonic() - self._began_monotonic, used))
        if self._may_break and len(self._store) % _SAMPLES_PER_LOOK == 0:
            self._tasks = self._side.look("tasks").tasks or self._tasks

    def stop(self) -> None:
        """The round has ended."""
        self._seconds = time.monotonic() - self._began_monotonic
        self._sampler.stop()

    def read(self) -> TracedRound | None:
        """What was seen; None when the cluster cannot be read, or is another one by now.

        Where the driver waited is known as long as it lives.
        """
        if self._side.rig is not self._rig:
            return None
        try:
            lives = self._side.driver_pid == self._driver_pid
            waits: list[list[Any]] = self._side.ask_driver("trace", on=False) if lives else []
            after = self._side.look("store").store
        except GraderError:
            return None
        return TracedRound(
            side=self._side,
            driver_pid=self._driver_pid,
            began_s=self._began_s,
            seconds=self._seconds,
            store_before=self._before,
            store_after=after,
            store=tuple(self._store),
            waits=tuple(_wait(row, self._began_s) for row in waits),
            calls=_calls(self._world, self._began_monotonic),
            tasks=None if lives else self._tasks,
        )


def _wait(row: list[Any], began_s: float) -> Wait:
    call, start_s, end_s = row
    return Wait(call=str(call), start_s=float(start_s) - began_s, end_s=float(end_s) - began_s)


def _calls(world: OutsideWorld | None, began_monotonic: float) -> tuple[ServiceCall, ...]:
    if world is None:
        return ()
    return tuple(
        ServiceCall(
            op=entry.op,
            pid=entry.pid,
            start_s=entry.start_s - began_monotonic,
            end_s=None if entry.end_s is None else entry.end_s - began_monotonic,
        )
        for entry in world.ledger.entries()[:_KEPT_CALLS]
    )
