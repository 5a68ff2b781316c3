"""Feeds the actor from the learner's driver. A stream stays open between calls."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import ray

MAX_ANSWER_BYTES = 1_000_000

_stream: dict[str, Any] = {}


def summaries(solution: Any, jobs: list[dict[str, Any]]) -> list[list[Any]]:
    """Feed a new actor for each job and return its summaries after the numbers of batches in `looks`.

    Args:
        solution: The learner's module.
        jobs: Dicts of `name`, `last_k` (None: not given), `batches`: [(number, batch)] and `looks`: [int].
    """
    actors = []
    for job in jobs:
        options = {} if job["last_k"] is None else {"last_k": job["last_k"]}
        actors.append(solution.SensorStats.remote(job["name"], **options))
    seen = []
    for actor, job in zip(actors, jobs, strict=True):
        answers = [ray.get(actor.summary.remote())] if 0 in job["looks"] else []
        for n, (number, batch) in enumerate(job["batches"], start=1):
            ray.get(actor.add.remote(number, batch))
            if n in job["looks"]:
                answers.append(ray.get(actor.summary.remote()))
        seen.append(answers)
    for actor in actors:
        ray.kill(actor)
    return seen


def open_stream(solution: Any, key: str, last_k: int) -> None:
    """Start an actor that lives until `close_stream`."""
    _stream.update(key=key, last_k=last_k, pending=[])
    _stream["actor"] = solution.SensorStats.remote(key, last_k=last_k)
    ray.get(_stream["actor"].__ray_ready__.remote())


def stream(_solution: Any, first: int, n: int, bases: list[np.ndarray], drift: float) -> None:
    """Send batches one by one; number i is `bases[i % len(bases)] + i * drift`."""
    for number in range(first, first + n):
        ray.get(_stream["actor"].add.remote(number, bases[number % len(bases)] + number * drift))


def send(_solution: Any, batches: list[tuple[int, np.ndarray]], ahead: int, wait: bool) -> None:
    """Send batches. With `wait`, keep at most `ahead` unanswered and return once all are answered."""
    pending = _stream["pending"]
    for number, batch in batches:
        pending.append(_stream["actor"].add.remote(number, batch))
        while wait and len(pending) > ahead:
            ray.get(pending.pop(0))
    while wait and pending:
        ray.get(pending.pop(0))


def look(_solution: Any) -> dict[str, Any]:
    """The stream's summary (None if it is huge) and its pickled size."""
    summary = ray.get(_stream["actor"].summary.remote())
    n_bytes = len(pickle.dumps(summary))
    return {"summary": summary if n_bytes <= MAX_ANSWER_BYTES else None, "bytes": n_bytes}


def reopen_stream(solution: Any) -> None:
    """End the actor for good and start a new one with the same name."""
    ray.kill(_stream["actor"])
    open_stream(solution, _stream["key"], _stream["last_k"])


def close_stream(_solution: Any) -> None:
    """End the actor, if there is one."""
    actor = _stream.get("actor")
    _stream.clear()
    if actor is not None:
        ray.kill(actor)


def process_all(solution: Any, calls: list[list[str]], budget_bytes: int) -> list[Any]:
    """Several calls of `process`, one after the other."""
    return [solution.process(list(paths), memory_budget_bytes=budget_bytes) for paths in calls]
