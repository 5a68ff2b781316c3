"""What has to run inside the learner's process."""

from __future__ import annotations

from typing import Any

import numpy as np
import ray
from service_link import ask


class StopTraining(Exception):  # noqa: N818 - callers of `train` name their exceptions as they like
    """Raised by `on_progress` to end a training."""


@ray.remote(num_cpus=0)
def warm(n_workers: int) -> None:
    """Occupy a worker process until enough of them have started."""
    ask("warm", n_workers)


def ready(_solution: Any, n_workers: int) -> None:
    """Start the task workers of a new driver beforehand: their start-up is not judged."""
    ray.get([warm.remote(n_workers) for _ in range(n_workers)], timeout=60.0)


def train_reporting(solution: Any, initial: np.ndarray, shards: list[str], options: dict[str, Any]) -> Any:
    """Train, and pass every report of progress on to the grader."""
    return solution.train(
        initial, shards, on_progress=lambda ended, total: ask("progress", ended, total), **options
    )


def train_until(
    solution: Any, initial: np.ndarray, shards: list[str], stop_at: int, options: dict[str, Any]
) -> str:
    """Train with an `on_progress` that raises; return the name of what came out of `train`."""

    def stop(ended: int, _total: int) -> None:
        if ended >= stop_at:
            raise StopTraining(f"{ended} steps are enough")

    try:
        solution.train(initial, shards, on_progress=stop, **options)
    except Exception as error:  # noqa: BLE001 - the grader decides what it means
        return type(error).__name__
    return "nothing"


def train_keeping(solution: Any, initial: np.ndarray, shards: list[str], options: dict[str, Any]) -> Any:
    """Train; return the result and the array that the caller passed in."""
    mine = initial.copy()
    return solution.train(mine, shards, **options), mine


# -- the server on its own ------------------------------------------------------------------------


def push_and_pull(
    solution: Any, initial: np.ndarray, rate: float, pushes: list[tuple[str, list[Any]]]
) -> Any:
    """Push to a server in this process, pull after each push, then look again at everything pulled."""
    mine = initial.copy()
    server = solution.ParameterServer(mine, rate)
    pulled = [server.pull()]
    then = [(version, weights.copy()) for version, weights in pulled]
    answers = []
    for name, gradients in pushes:
        answers.append(server.push(name, *gradients))
        pulled.append(server.pull())
        then.append((pulled[-1][0], pulled[-1][1].copy()))
    now = [weights.copy() for _, weights in pulled]
    _scribble(pulled[-1][1])
    return {
        "answers": answers,
        "versions": [version for version, _ in then],
        "then": [weights for _, weights in then],
        "now": now,
        "after_scribbling": server.pull()[1].copy(),
        "callers": mine,
    }


def checkpointed(
    solution: Any, initial: np.ndarray, rate: float, pushes: list[tuple[str, list[Any]]], n_before: int
) -> Any:
    """Checkpoint a server in an actor after `n_before` pushes, push the rest, then kill it."""
    server = ray.remote(num_cpus=0)(solution.ParameterServer).remote(initial, rate)
    answers = [ray.get(server.push.remote(name, *gradients)) for name, gradients in pushes[:n_before]]
    state = ray.get(server.checkpoint.remote())
    at_checkpoint = ray.get(server.pull.remote())
    answers += [ray.get(server.push.remote(name, *gradients)) for name, gradients in pushes[n_before:]]
    ray.kill(server)
    return {"state": state, "answers": answers, "pulled": list(at_checkpoint)}


def restored(
    solution: Any, initial: np.ndarray, rate: float, state: Any, pushes: list[tuple[str, list[Any]]]
) -> Any:
    """Restore another server from a checkpoint: what it holds, what it answers, what it holds afterwards."""
    server = ray.remote(num_cpus=0)(solution.ParameterServer).remote(initial, rate)
    ray.get(server.restore.remote(state))
    first = ray.get(server.pull.remote())
    answers = [ray.get(server.push.remote(name, *gradients)) for name, gradients in pushes]
    last = ray.get(server.pull.remote())
    ray.kill(server)
    return {"first": list(first), "answers": answers, "last": list(last)}


def rolled_back(
    solution: Any, initial: np.ndarray, rate: float, pushes: list[tuple[str, list[Any]]], n_before: int
) -> Any:
    """Take one server in this process back to its checkpoint twice; return what it holds each time."""
    server = solution.ParameterServer(initial.copy(), rate)
    for name, gradients in pushes[:n_before]:
        server.push(name, *gradients)
    state = server.checkpoint()
    held = []
    for _ in range(2):
        for name, gradients in pushes[n_before:]:
            server.push(name, *gradients)
        moved_on = server.pull()
        server.restore(state)
        version, weights = server.pull()
        held.append([moved_on[0], moved_on[1].copy(), version, weights.copy()])
    return held


def _scribble(array: np.ndarray) -> None:
    """Overwrite an array if it can be written to."""
    if array.flags.writeable:
        array += 1000.0
