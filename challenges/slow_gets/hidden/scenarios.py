"""Ways to use score_all that take more than a plain call; they run in the learner's driver."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np


def change_in_place(solution: Any, record_ids: list[int], first: np.ndarray, second: np.ndarray) -> list[Any]:
    """Call twice with the same array object, which holds a different model the second time."""
    memory = first.copy()
    model = memory[:]
    results = [solution.score_all(list(record_ids), model)]
    memory[:] = second
    results.append(solution.score_all(list(record_ids), model))
    return results


def two_at_once(solution: Any, calls: list[tuple[list[int], np.ndarray]]) -> list[Any]:
    """Make each call in its own thread, all at the same time; return results in the order of `calls`."""
    results: list[Any] = [None] * len(calls)
    errors: list[BaseException] = []

    def run(position: int) -> None:
        record_ids, model = calls[position]
        try:
            results[position] = solution.score_all(list(record_ids), model)
        except BaseException as error:  # noqa: BLE001 - raised again below, in the main thread
            errors.append(error)

    threads = [threading.Thread(target=run, args=(k,), daemon=True) for k in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


def look_at_model(solution: Any, record_ids: list[int], model: np.ndarray) -> dict[str, Any]:
    """Return the results of a call, and whether the caller's array is still as it was."""
    model = model.copy()
    before = model.copy()
    results = solution.score_all(list(record_ids), model)
    return {
        "results": results,
        "same_values": bool(np.array_equal(model, before)),
        "writeable": bool(model.flags.writeable),
    }
