"""Watches what Ray does on a side while one round runs: see `grader.explain.trace` for what comes out."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from grader.errors import GraderError
from grader.explain.trace import MAX_SPANS, ServiceCall, Trace, Wait, spans_of
from grader.side.sampler import Sampler
from grader.side.side import Side
from grader.side.task_table import FLUSH_INTERVAL_S
from grader.tables import StoreRow
from grader.world.outside import OutsideWorld

_KEPT_CALLS = 2000

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class TracedRound:
    """A round that was watched; its trace is read later, when Ray's task events have arrived.

    Args:
        side: Where it ran.
        began_s: When it started, in seconds since the epoch.
        seconds: How long it took.
        store_before: The object store's counters at its start.
        store_after: The same at its end.
        store: (seconds since the start, bytes used), some twenty times a second.
        waits: Where the driver waited for Ray.
        calls: Calls to the service.
    """

    side: Side
    began_s: float
    seconds: float
    store_before: StoreRow
    store_after: StoreRow
    store: tuple[tuple[float, int], ...]
    waits: tuple[Wait, ...]
    calls: tuple[ServiceCall, ...]

    def trace(self) -> Trace | None:
        """What Ray did in the round; None when the cluster cannot be read.

        Its tasks are those submitted while it lasted: rounds do not overlap.
        """
        ended_s = self.began_s + self.seconds
        time.sleep(max(0.0, ended_s + FLUSH_INTERVAL_S - time.time()))
        try:
            tasks = self.side.look("tasks").tasks
        except GraderError:
            return None
        spans = [s for s in spans_of(tasks, self.began_s) if 0 <= s.submitted_s <= self.seconds]
        before, after = self.store_before, self.store_after
        return Trace(
            seconds=self.seconds,
            num_cpus=self.side.needs.num_cpus,
            driver_pid=self.side.driver_pid,
            spans=tuple(spans[:MAX_SPANS]),
            n_spans=len(spans),
            store=tuple((t, n - before.used_bytes) for t, n in self.store),
            stored_bytes=after.created_bytes - before.created_bytes,
            stored_objects=after.created_objects - before.created_objects,
            spilled_bytes=after.spilled_bytes - before.spilled_bytes,
            waits=self.waits,
            calls=self.calls,
        )


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
        before = side.look("store").store
        side.ask_driver("trace", on=True)
    except GraderError:
        return run(), None
    began_s, began_monotonic = time.time(), time.monotonic()
    with _sampled_store(side, began_monotonic) as samples:
        result = run()
        seconds = time.monotonic() - began_monotonic
    try:
        waits: list[list[Any]] = side.ask_driver("trace", on=False)
        after = side.look("store").store
    except GraderError:
        return result, None
    return result, TracedRound(
        side=side,
        began_s=began_s,
        seconds=seconds,
        store_before=before,
        store_after=after,
        store=tuple(samples),
        waits=tuple(_wait(row, began_s) for row in waits),
        calls=_calls(world, began_monotonic),
    )


@contextlib.contextmanager
def _sampled_store(side: Side, began_monotonic: float) -> Iterator[list[tuple[float, int]]]:
    """Fill a list with (seconds since the beginning, bytes used) while the block runs."""
    samples: list[tuple[float, int]] = []

    def take() -> None:
        used = side.look("store").store.used_bytes
        samples.append((time.monotonic() - began_monotonic, used))

    sampler = Sampler(take)
    try:
        yield samples
    finally:
        sampler.stop()


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
