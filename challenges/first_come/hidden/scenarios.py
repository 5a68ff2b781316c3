"""Ways to use the solution that take a driver, as refs cannot be sent to one; they run in the learner's."""

from __future__ import annotations

import itertools
import time
from typing import Any

import numpy as np
import ray

_kept: dict[str, Any] = {}  # what stays from one scenario to the next


class NoSeats(Exception):  # noqa: N818 - what the airline calls it
    """The aeroplane is full."""


@ray.remote(num_cpus=0, max_concurrency=8)
class Agent:
    """Asks airlines, several at a time."""

    def offer(self, airline: int, n_floats: int) -> float | np.ndarray:
        """The airline's price; as a large array if it is to take memory."""
        from service_link import Refused, ask

        try:
            price: float = ask("offer", airline)
        except Refused as refusal:
            raise NoSeats(refusal.detail) from None
        return np.full(n_floats, price) if n_floats else price


def start(solution: Any, airlines: list[int], timeout: float | None, n_floats: int = 0) -> None:
    """Ask each airline once, and hand one ref for each item of the list to the solution."""
    agent = _agent()
    refs = {airline: agent.offer.remote(airline, n_floats) for airline in dict.fromkeys(airlines)}
    _kept["results"] = iter(solution.as_ready([refs[airline] for airline in airlines], timeout=timeout))


def start_when_ready(solution: Any, airlines: list[int], ready: list[int], timeout: float) -> None:
    """The same when these airlines have answered, and Ray knows."""
    agent = _agent()
    refs = {airline: agent.offer.remote(airline, 0) for airline in airlines}
    if ready:
        ray.wait([refs[airline] for airline in ready], num_returns=len(ready))
    _kept["results"] = iter(solution.as_ready(list(refs.values()), timeout=timeout))


def _agent() -> Any:
    """The agent, which stays until everything is dropped; what was there before of results goes."""
    agent = _kept.get("agent") or Agent.remote()
    _kept.clear()
    _kept["agent"] = agent
    return agent


def take(_solution: Any, n: int) -> list[dict[str, Any]]:
    """The next pairs, up to so many: fewer if the generator ends."""
    _kept.setdefault("began_s", time.monotonic())
    return [_told(item) for item in itertools.islice(_kept["results"], n)]


def take_when_time_is_up(_solution: Any, n: int, timeout: float) -> tuple[list[dict[str, Any]], float]:
    """Let the time go by that began with the first pair, then take more; also how long that took."""
    while (left_s := _kept["began_s"] + timeout - time.monotonic()) > 0:
        time.sleep(left_s)
    asked_s = time.monotonic()
    told = [_told(item) for item in itertools.islice(_kept["results"], n)]
    return told, time.monotonic() - asked_s


def stop(_solution: Any) -> None:
    """Drop everything, as a loop does that was left by `break`."""
    _kept.clear()


def _told(item: Any) -> dict[str, Any]:
    """What was yielded, in words, and its number if it has one."""
    told = {"index": -1, "kind": f"{type(item).__name__}, which is no pair", "price": 0.0, "text": ""}
    if not isinstance(item, tuple) or len(item) != 2 or type(item[0]) is not int:
        return told
    index, value = item
    told |= {"index": index, "kind": type(value).__name__, "text": str(value)[-200:]}
    if isinstance(value, np.ndarray) and value.size:
        value = float(value[-1])
    if type(value) is float:
        told |= {"kind": "value", "price": value, "text": ""}
    for kind in (NoSeats, TimeoutError):
        if isinstance(value, kind):
            told["kind"] = kind.__name__
    return told


def show_all(solution: Any, airlines: list[int], timeout: float | None) -> list[str]:
    """For `grade.py try`: everything that is yielded, in this order."""
    start(solution, airlines, timeout)
    told = take(solution, 100)
    stop(solution)
    return [f"{one['index']}: {one['kind']} {one['price'] or one['text'][-40:]}" for one in told]
