"""The task table of a side, once it is complete: Ray's task events arrive with a delay."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from grader.side import Side

FLUSHED_WITHIN_S = 5.0
ENDED = frozenset({"FINISHED", "FAILED"})
_MARKER = "kata_marker"
FLUSH_INTERVAL_S = 0.15  # a little more than task_events_report_interval_ms


def settled_tasks(side: Side, look: Callable[..., dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    """Rows of `grader.ray_state.ClusterState.tasks`, complete.

    Args:
        side: Whose.
        look: Instead of `side.look`.

    What the driver submitted is there once a marker is; what tasks submitted in turn, once two looks
    in a row show the same.
    """
    marker = side.mark()
    deadline = time.monotonic() + FLUSHED_WITHIN_S
    before: set[str] = set()
    while True:
        tasks: list[dict[str, Any]] = (look or side.look)("tasks")["tasks"]
        ids = {task["task_id"] for task in tasks}
        settled = all(t["state"] in ENDED for t in tasks if t["kind"] != "DRIVER_TASK")
        if (marker in ids and ids == before and settled) or time.monotonic() > deadline:
            return [task for task in tasks if task["name"] != _MARKER]
        before = ids
        time.sleep(FLUSH_INTERVAL_S)
