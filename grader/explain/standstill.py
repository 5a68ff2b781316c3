"""Whether nothing can happen any more while the world holds its callers: holding them longer is in vain.

Pure, and careful: while anything could still change by itself (a task that may start, a thread that runs),
this is no standstill, and everybody waits as long as they want. See also `explain.clocks`.
"""

from __future__ import annotations

from collections.abc import Collection

from grader.explain.hang_facts import (
    SERVICE,
    SOLUTION,
    above_own,
    first,
    fits,
    is_file,
    is_waiting,
    waits_in_ray,
)
from grader.explain.snapshot import Snapshot, Thread
from grader.tables import DRIVER, Tables, TaskRow

LINK = "service_link.py"
SCENARIOS = "scenarios.py"
Fingerprint = tuple[int, tuple[tuple[str, str], ...]]
_QUEUED_ON_ACTOR = frozenset({"PENDING_ACTOR_TASK_ARGS_FETCH", "PENDING_ACTOR_TASK_ORDERING_OR_CONCURRENCY"})


def may_start(tables: Tables) -> bool:
    """Whether a task could still start, or work is going on that no table tells of."""
    free = list(tables.available.values())
    unfinished = [row for row in tables.tasks if not row.has_ended and row.kind != DRIVER]
    unreported = sum(worker.running for worker in tables.workers) - sum(_runs(row) for row in unfinished)
    busy_actors = {row.actor_id for row in unfinished if row.actor_id and _runs(row)}
    if unreported > 0 or any(_may_change(row, free, busy_actors) for row in unfinished):
        return True
    if any(actor.state == "RESTARTING" for actor in tables.actors):
        return True
    waiting = [row for row in unfinished if row.state == "PENDING_NODE_ASSIGNMENT"]
    return any(_is_leased_to_nobody(name, tables) for row in waiting for name in row.required)


def _is_leased_to_nobody(name: str, tables: Tables) -> bool:
    """Whether some of a resource is taken and nothing that runs holds it.

    Then a lease was granted to a worker that is still starting; its task keeps waiting for a node meanwhile.
    """
    taken = sum(node.resources.get(name, 0.0) for node in tables.nodes)
    taken -= sum(node.get(name, 0.0) for node in tables.available.values())
    lent = {"RUNNING_IN_RAY_GET", "RUNNING_IN_RAY_WAIT"} if name == "CPU" else set()
    held = sum(row.required.get(name, 0.0) for row in tables.tasks if _runs(row) and row.state not in lent)
    held += sum(actor.held.get(name, 0.0) for actor in tables.actors if actor.state == "ALIVE")
    return taken > held + 1e-6


def _runs(row: TaskRow) -> bool:
    return row.state.startswith("RUNNING")


def _may_change(row: TaskRow, free: list[dict[str, float]], busy_actors: set[str]) -> bool:
    if _runs(row) or row.state == "PENDING_ARGS_AVAIL":
        return False  # its process is looked at; it waits for others
    if row.state == "PENDING_NODE_ASSIGNMENT":
        return any(fits(row.required, node) for node in free)
    if row.state == "SUBMITTED_TO_WORKER" and row.actor_id in busy_actors:
        return False  # some calls wait for an actor's turn without telling more
    return not (row.actor_id and row.state in _QUEUED_ON_ACTOR)


def all_at_rest(seen: Snapshot, held_pids: Collection[int]) -> bool:
    """Whether each thread that could do anything waits for an answer, or for another one that does.

    Args:
        seen: With the stacks of the driver and of every process that runs a task.
        held_pids: Processes with a call that the world holds.
    """
    running = {task.pid for task in seen.tasks if task.pid and task.state.startswith("RUNNING")}
    watched = running | set(held_pids) | {seen.driver_pid}
    return watched <= set(seen.stacks) and all(_rests(t) for threads in seen.stacks.values() for t in threads)


def _rests(thread: Thread) -> bool:
    if any(is_file(frame, LINK) for frame in thread.frames):
        return True  # it waits for the world's answer
    if first(thread.frames, SOLUTION) is None:
        return first(thread.frames, SERVICE) is None and first(thread.frames, SCENARIOS) is None
    above = above_own(thread)
    return bool(above) and (waits_in_ray(above[0]) or is_waiting(thread))


def fingerprint(seen: Snapshot, n_calls: int) -> Fingerprint:
    """What has to be the same at a second look: nothing was asked, started or ended meanwhile."""
    return n_calls, tuple(sorted((task.task_id, task.state) for task in seen.tasks))
