"""Ways to use the solution that take a driver, as refs and scorers cannot be sent to one."""

from __future__ import annotations

from typing import Any

import numpy as np
import ray

_kept: dict[str, Any] = {}  # models, refs and scorers by name


def script(solution: Any, steps: list[list[Any]], keep: bool = False) -> list[Any]:
    """Do one step after the other: what to do, the name of what with, and what else it takes.

    Args:
        solution: The module.
        steps: What to do.
        keep: Whether the names stay known; otherwise all is forgotten in the end.
    """
    try:
        answers = [_step(solution, *step) for step in steps]
    except BaseException:
        _kept.clear()
        raise
    if not keep:
        _kept.clear()
    return answers


def _step(solution: Any, function: str, name: str, given: Any = None) -> Any:
    if function == "model":
        _kept[name] = {key: np.array(array) for key, array in given.items()}
    elif function == "put":
        _kept[name] = ray.put(_kept[given])
    elif function == "change":
        for array in _kept[name].values():
            np.add(array, 1.0, out=array)
    elif function == "make_scorer":
        _kept[name] = solution.make_scorer(_kept[given])
    elif function == "score_all":
        return solution.score_all(_kept[name], given)
    elif function == "score":
        return _fetched(_kept[name](given))
    elif function == "score in a task":
        return ray.get(score_in_a_task.remote(_kept[name], given))
    return None


@ray.remote(num_cpus=0)
def score_in_a_task(scorer: Any, batch: list[float]) -> dict[str, Any]:
    """Use a scorer that was handed over."""
    return _fetched(scorer(batch))


def _fetched(returned: Any) -> dict[str, Any]:
    """What a scorer returned, in words, and the value behind it if it is a ref."""
    if not isinstance(returned, ray.ObjectRef):
        return {"returned": type(returned).__name__, "value": None}
    value = ray.get(returned)
    if isinstance(value, ray.ObjectRef):
        return {"returned": "ObjectRef of an ObjectRef", "value": None}
    return {"returned": "ObjectRef", "value": value}
