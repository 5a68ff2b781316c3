"""Records what Ray does on a side while one round runs: see `grader.trace` for what comes out."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from grader.collaborator import Collaborator
from grader.errors import GraderError
from grader.side import Side
from grader.task_table import settled_tasks
from grader.trace import MAX_SPANS, ServiceCall, Trace, Wait, spans_of

SAMPLE_INTERVAL_S = 0.05
_KEPT_CALLS = 2000

Result = TypeVar("Result")


class _StoreSampler:
    """Reads the object store's use some twenty times a second."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self.began = time.monotonic()
        self.samples: list[tuple[float, int]] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="store-sampler")
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(GraderError):
                used = int(self._side.look("store")["store"]["used_bytes"])
                self.samples.append((time.monotonic() - self.began, used))
            self._ended.wait(SAMPLE_INTERVAL_S)

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()


def traced(side: Side, world: Collaborator | None, run: Callable[[], Result]) -> tuple[Result, Trace | None]:
    """Run one round and record it.

    Args:
        side: Ready, with the round's input.
        world: The round's.
        run: Starts the round and waits for its end.

    Returns:
        What `run` gave, and the trace; None when the cluster could not be read.
    """
    try:
        known = {task["task_id"] for task in settled_tasks(side)}
        before = side.look("store")["store"]
        side.trace_driver(on=True)
    except GraderError:
        return run(), None
    sampler = _StoreSampler(side)
    began_s, began_monotonic = time.time(), time.monotonic()
    try:
        result = run()
    finally:
        seconds = time.monotonic() - began_monotonic
        sampler.stop()
    try:
        waits = side.trace_driver(on=False)
        tasks = [task for task in settled_tasks(side) if task["task_id"] not in known]
        after = side.look("store")["store"]
    except GraderError:
        return result, None
    spans = spans_of(tasks, began_s)
    return result, Trace(
        seconds=seconds,
        num_cpus=side.needs.num_cpus,
        driver_pid=side.driver_pid,
        spans=tuple(spans[:MAX_SPANS]),
        n_spans=len(spans),
        store=tuple((t, n - before["used_bytes"]) for t, n in sampler.samples),
        stored_bytes=after["created_bytes"] - before["created_bytes"],
        stored_objects=after["created_objects"] - before["created_objects"],
        spilled_bytes=after["spilled_bytes"] - before["spilled_bytes"],
        waits=tuple(_wait(row, began_s) for row in waits),
        calls=_calls(world, began_monotonic),
    )


def _wait(row: list[Any], began_s: float) -> Wait:
    call, start_s, end_s = row
    return Wait(call=str(call), start_s=float(start_s) - began_s, end_s=float(end_s) - began_s)


def _calls(world: Collaborator | None, began_monotonic: float) -> tuple[ServiceCall, ...]:
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
