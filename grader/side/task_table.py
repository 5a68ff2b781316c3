"""The task table of a side, once it is complete: Ray's task events arrive with a delay."""

from __future__ import annotations

import time
from collections.abc import Callable

from grader.side.side import Side
from grader.tables import DRIVER, TableName, Tables, TaskRow

FLUSHED_WITHIN_S = 5.0
FLUSH_INTERVAL_S = 0.075  # more than TASK_EVENTS_INTERVAL_MS, with some slack for a process that has to wait


def settled_tasks(side: Side, look: Callable[[TableName], Tables] | None = None) -> list[TaskRow]:
    """The task table, complete.

    Args:
        side: The side to look at.
        look: Used instead of `side.look`.

    What the driver submitted is there once a marker is; what tasks submitted in turn is there once two looks
    in a row agree. Markers are recognised by their ids: a solution may give its tasks any name.
    """
    marker = str(side.ask_driver("mark"))
    side.markers.add(marker)
    deadline = time.monotonic() + FLUSHED_WITHIN_S
    before: set[str] | None = None
    while True:
        seen = (look or side.look)("tasks").tasks
        tasks = [task for task in seen if task.task_id not in side.markers]
        ids = {task.task_id for task in tasks}
        settled = all(task.has_ended for task in tasks if task.kind != DRIVER)
        is_marked = any(task.task_id == marker for task in seen)
        if (is_marked and ids == before and settled) or time.monotonic() > deadline:
            return tasks
        before = ids
        time.sleep(FLUSH_INTERVAL_S)
