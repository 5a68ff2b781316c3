"""Ways to use the solution that take a driver, as refs cannot be sent to one; they run in the learner's."""

from __future__ import annotations

from typing import Any

import numpy as np
import ray

_kept: dict[str, Any] = {}  # refs, from one scenario to the next


def value_of(solution: Any, function: str, args: list[Any]) -> dict[str, Any]:
    """Store the frames, call one function with their refs, and get what it returns."""
    return _fetched(getattr(solution, function)(*_stored(args)))


def start_an_exposure(_solution: Any, frame: np.ndarray) -> None:
    """Keep the ref of a frame that has not been taken yet."""
    _kept.clear()
    _kept["frame"] = take.remote(frame)


def submit(solution: Any, function: str) -> None:
    """Call one function with the ref of that frame; keep what it returns."""
    frame = _kept["frame"]
    more = {"total_level": ([frame],), "filtered": (frame, ["double", "warm"])}
    _kept[function] = getattr(solution, function)(*more.get(function, (frame,)))


def collect(_solution: Any, function: str) -> dict[str, Any]:
    """Get what that function returned."""
    return _fetched(_kept.pop(function))


@ray.remote
def take(frame: np.ndarray) -> np.ndarray:
    """Take a frame: that lasts until the judge says so."""
    from service_link import ask

    ask("expose")
    return frame


def _stored(args: Any) -> Any:
    """The same with refs in place of arrays."""
    if isinstance(args, np.ndarray):
        return ray.put(args)
    return [_stored(arg) for arg in args] if isinstance(args, list) else args


def _fetched(returned: Any) -> dict[str, Any]:
    """What was returned, in words, and the value behind it if it is a ref."""
    if not isinstance(returned, ray.ObjectRef):
        return {"returned": type(returned).__name__, "value": None}
    value = ray.get(returned)
    if isinstance(value, ray.ObjectRef):
        return {"returned": "ObjectRef of an ObjectRef", "value": None}
    return {"returned": "ObjectRef", "value": value}


def all_four(solution: Any, frame: np.ndarray) -> dict[str, Any]:
    """For `grade.py try`: call every function with the same frame."""
    ref = ray.put(frame)
    return {
        "level_of": ray.get(solution.level_of(ref)),
        "total_level": ray.get(solution.total_level([ref, ref])),
        "darkened": ray.get(solution.darkened(ref)),
        "filtered": ray.get(solution.filtered(ref, ["double", "warm"])),
    }


def filtered_while_exposing(solution: Any, frame: np.ndarray) -> dict[str, Any]:
    """For `grade.py try`: a frame that has not been taken when `filtered` is called."""
    start_an_exposure(solution, frame)
    submit(solution, "filtered")
    return {"filtered": collect(solution, "filtered")["value"]}
