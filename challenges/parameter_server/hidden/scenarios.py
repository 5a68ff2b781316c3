"""What has to run inside the learner's process."""

from __future__ import annotations

from typing import Any

import numpy as np
import ray
from service_link import ask


class StopTraining(Exception):  # noqa: N818 - what a caller of `train` may call its own
    """Raised by `on_progress` to end a training."""


@ray.remote(num_cpus=0)
def warm(n_workers: int) -> None:
    """Keep a worker process until there are enough of them."""
    ask("warm", n_workers)


def ready(_solution: Any, n_workers: int) -> None:
    """Have the task workers of a new driver started: that is not what is judged."""
    ray.get([warm.remote(n_workers) for _ in range(n_workers)], timeout=60.0)


def train_reporting(solution: Any, initial: np.ndarray, shards: list[str], options: dict[str, Any]) -> Any:
    """A training that tells the judge of each report of progress."""
    return solution.train(
        initial, shards, on_progress=lambda ended, total: ask("progress", ended, total), **options
    )


def train_until(
    solution: Any, initial: np.ndarray, shards: list[str], stop_at: int, options: dict[str, Any]
) -> str:
    """A training whose `on_progress` raises; the name of what came out of `train`."""

    def stop(ended: int, _total: int) -> None:
        if ended >= stop_at:
            raise StopTraining(f"{ended} steps are enough")

    try:
        solution.train(initial, shards, on_progress=stop, **options)
    except Exception as error:  # noqa: BLE001 - the judge decides what it means
        return type(error).__name__
    return "nothing"


def train_keeping(solution: Any, initial: np.ndarray, shards: list[str], options: dict[str, Any]) -> Any:
    """A training, and what it left in the caller's array."""
    mine = initial.copy()
    return solution.train(mine, shards, **options), mine


# -- the server by itself ------------------------------------------------------------------------


def push_and_pull(
    solution: Any, initial: np.ndarray, rate: float, pushes: list[tuple[str, list[Any]]]
) -> Any:
    """Push to a server in this process, pull after each, then look at all that was pulled once more."""
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
    """A server in an actor: its checkpoint after `n_before` pushes, then the others, then it is killed."""
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
    """Another server from a checkpoint: what it holds, what it answers, and what it holds then."""
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
    """One server in this process goes back to its checkpoint twice; what it holds after each time."""
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
    """Change an array, where it lets itself be changed."""
    if array.flags.writeable:
        array += 1000.0
