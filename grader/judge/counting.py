"""What a block of calls cost a cluster: from its tables before and after, and from its workers' own counts.

Ray's task events say what ran, but a solution can have tasks report none, run them in a separate job that has
ended by the time the events are read, or rewrite the events with its cluster's token. A worker's own count of
what it has executed, as the raylet passes it on, includes all of that, as long as the worker lives. So the
larger of both counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from grader.side.sampler import Sampler
from grader.side.side import Side
from grader.tables import CALLS, CREATION, ActorRow, TableName, Tables, TaskRow, WorkerRow

COUNTED: tuple[TableName, ...] = ("tasks", "actors", "store", "workers")
SILENT = "unreported task"


@dataclass(slots=True)
class Counts:
    """What a block of calls cost; filled when the block ends.

    Attributes:
        tasks: Attempts at tasks and actor calls by function name; those that no event mentions as SILENT.
        n_actors: Actors created.
        stored_bytes: Bytes created in the object store (results up to 100 KB travel inline).
        spilled_bytes: Bytes written to disk because the store was full.
    """

    tasks: dict[str, int] = field(default_factory=dict)
    n_actors: int = 0
    stored_bytes: int = 0
    spilled_bytes: int = 0

    @property
    def n_tasks(self) -> int:
        """Normal tasks and actor calls together."""
        return sum(self.tasks.values())

    def fill(
        self,
        before: Tables,
        after: Tables,
        executed: dict[int, int],
        markers: Collection[str],
        callers: AbstractSet[int],
    ) -> None:
        """Compare the COUNTED tables from before the block with those from after it.

        Args:
            before: At the start; all tasks have ended and reported.
            after: At the end, likewise.
            executed: By process, the most that it said it had executed.
            markers: Ids of the judge's own tasks.
            callers: Workers that called the world in the block.
        """
        known = {task.task_id for task in before.tasks}
        new = [task for task in after.tasks if task.task_id not in known]
        own = [task for task in new if task.task_id not in markers and task.kind in CALLS]
        self.tasks = dict(Counter(task.name for task in own for _ in task.pids or (0,)))
        earlier = {actor.actor_id for actor in before.actors}
        actors = [actor for actor in after.actors if actor.actor_id not in earlier]
        creations = [task for task in new if task.kind == CREATION]
        self.n_actors = len({a.actor_id for a in actors} | {task.actor_id for task in creations})
        if silent := _silent(own, _apart(new, actors, markers), _runs(before, executed, callers)):
            self.tasks[SILENT] = silent
        self.stored_bytes = after.store.created_bytes - before.store.created_bytes
        self.spilled_bytes = after.store.spilled_bytes - before.store.spilled_bytes


def _runs(before: Tables, executed: dict[int, int], callers: AbstractSet[int]) -> dict[int, int]:
    """What each worker executed in the block, at least."""
    earlier: dict[int, int] = {}
    for worker in before.workers:  # of two that claim one pid, the smaller count is subtracted
        earlier[worker.pid] = min(worker.executed, earlier.get(worker.pid, worker.executed))
    runs = {pid: n - earlier.get(pid, 0) for pid, n in executed.items()}
    # One that came and went between two looks has run something if it called the world.
    return {**dict.fromkeys(callers - runs.keys() - earlier.keys(), 1), **runs}


def _apart(new: list[TaskRow], actors: list[ActorRow], markers: Collection[str]) -> Counter[int]:
    """What workers executed without being asked for by a call: an actor's creation, the judge's own tasks.

    A worker creates at most one actor in its life, and a marker runs once, whatever the tables say.
    """
    creators = {pid for task in new if task.kind == CREATION for pid in task.pids}
    creators |= {actor.pid for actor in actors}
    return Counter(creators) + Counter(
        pid for task in new if task.task_id in markers for pid in task.pids[:1]
    )


def _silent(own: list[TaskRow], apart: Counter[int], runs: dict[int, int]) -> int:
    """How many calls were executed but are not in the table.

    What a solution wrote into the tables hides none: a row too few leaves a worker's run without one, and a
    row too many counts as a call. What a killed worker ran may not be known: calls in the table without a
    process make up for that.
    """
    shown = Counter(pid for task in own for pid in task.pids) + apart
    nowhere = sum(not task.pids for task in own)
    return max(0, sum(max(0, n - shown[pid]) for pid, n in runs.items()) - nowhere)


class ExecutedWatch:
    """Follows what workers say they have executed: one may be gone by the time the block ends.

    Args:
        side: A started side.
    """

    def __init__(self, side: Side) -> None:
        self.most: dict[int, int] = {}
        self._sampler = Sampler(lambda: self.note(side.look("workers").workers))

    def note(self, workers: list[WorkerRow]) -> None:
        """Take note of what they say now."""
        for worker in workers:
            self.most[worker.pid] = max(worker.executed, self.most.get(worker.pid, 0))

    def stop(self) -> None:
        """Stop following."""
        self._sampler.stop()
