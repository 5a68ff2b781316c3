"""Writes both sides' rounds as a trace that Chrome's tracing page and Perfetto open."""

from __future__ import annotations

from typing import Any

from grader.explain.trace import Trace


def trace_events(traces: dict[str, Trace]) -> dict[str, Any]:
    """The document: a process per side, a thread per worker; times in microseconds.

    Args:
        traces: By the side's name. Source of the format: "Trace Event Format", the Chromium project.
    """
    events: list[dict[str, Any]] = []
    for number, (side, trace) in enumerate(traces.items(), start=1):
        events.append(_named("process_name", number, 0, side))
        events.append(_named("thread_name", number, trace.driver_pid, "driver waits"))
        events += [_named("thread_name", number, pid, f"worker {pid}") for pid in trace.pids]
        for s in trace.spans:
            if s.started_s is None:
                continue
            end_s = trace.seconds if s.ended_s is None else s.ended_s
            facts = {"kind": s.kind, "queued_ms": round(1000 * (s.started_s - s.submitted_s), 3)}
            events.append(_complete(s.name, number, s.pid, s.started_s, end_s, facts))
        events += [_complete(w.call, number, trace.driver_pid, w.start_s, w.end_s, {}) for w in trace.waits]
        events += [
            {"name": "object store", "ph": "C", "pid": number, "ts": _us(t), "args": {"MB": n / 1e6}}
            for t, n in trace.store
        ]
    return {"traceEvents": events, "displayTimeUnit": "ms"}


def _named(what: str, process: int, thread: int, name: str) -> dict[str, Any]:
    return {"name": what, "ph": "M", "pid": process, "tid": thread, "args": {"name": name}}


def _complete(
    name: str, process: int, thread: int, start_s: float, end_s: float, facts: dict[str, Any]
) -> dict[str, Any]:
    times = {"ts": _us(start_s), "dur": _us(end_s - start_s)}
    return {"name": name, "ph": "X", "pid": process, "tid": thread, "args": facts, **times}


def _us(seconds: float) -> float:
    return round(seconds * 1e6, 1)
