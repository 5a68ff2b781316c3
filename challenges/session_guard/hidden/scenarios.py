"""Notebooks and scripts that use the library; they run in the learner's process: it is its session."""

from __future__ import annotations

import contextlib
import logging
from typing import Any

import ray

NO_SESSION = "no session"
_entered: dict[str, Any] = {}  # blocks that are open, from one scenario to the next


class BlockFailed(Exception):  # noqa: N818 - no error of anybody's
    """What a block raises that is to fail."""


def start(_solution: Any, is_connected: bool) -> None:
    """Leave the blocks that are still open; then have a session, or none."""
    while _entered:
        _, block = _entered.popitem()
        with contextlib.suppress(Exception):
            block.__exit__(None, None, None)
    if ray.is_initialized() != is_connected:
        _connect() if is_connected else ray.shutdown()


def _connect() -> None:
    ray.init(ignore_reinit_error=True, logging_level=logging.WARNING, log_to_driver=False)


def script(solution: Any, steps: list[list[Any]]) -> list[Any]:
    """Do one step after the other; the blocks are known by name, and stay open until they are left.

    A step is a verb and its arguments. All but `levels` answer in words.
    """
    return [_done(solution, *step) for step in steps]


def _done(solution: Any, verb: str, *args: Any) -> Any:
    if verb == "levels":
        return solution.levels(*args)
    if verb == "session":
        return ray.get_runtime_context().get_job_id() if ray.is_initialized() else NO_SESSION
    if verb == "namespace":
        return ray.get_runtime_context().namespace if ray.is_initialized() else NO_SESSION
    if verb == "connect":
        _connect()
        return "ok"
    if verb == "shutdown":
        ray.shutdown()
        return "ok"
    return _entered_or_left(solution, verb, *args)


def _entered_or_left(solution: Any, verb: str, name: str, namespace: str | None = None) -> str:
    """`enter` a block, `leave` it, or leave it with an exception: `fail`."""
    if verb == "enter":
        block = solution.ray_session(namespace=namespace)
        try:
            block.__enter__()
        except ValueError:
            return "ValueError"
        _entered[name] = block
        return "ok"
    block = _entered.pop(name, None)
    if block is None:
        return "never entered"
    if verb == "leave":
        block.__exit__(None, None, None)
        return "ok"
    error = BlockFailed("the block raised this")
    try:
        is_swallowed = block.__exit__(BlockFailed, error, error.__traceback__)
    except BlockFailed:
        return "raised"
    return "swallowed" if is_swallowed else "raised"
