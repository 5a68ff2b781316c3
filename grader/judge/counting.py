"""What a block of calls cost a cluster: from its tables before and after, and from its workers' own counts.

Ray's task events say what ran, but a solution can have tasks report none, or run them in a separate job that
has ended by the time the events are read. A worker's count of what it has executed includes those too, as
long as the worker lives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
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
        tasks: Normal tasks and actor calls by function name; those that no event mentions as SILENT.
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
    ) -> None:
        """Compare the COUNTED tables from before the block with those from after it.

        Args:
            before: At the start; all tasks have ended and reported.
            after: At the end, likewise.
            executed: By process, the most that it said it had executed.
            markers: Ids of the judge's own tasks.
        """
        known = {task.task_id for task in before.tasks}
        new = [task for task in after.tasks if task.task_id not in known]
        own = [task for task in new if task.task_id not in markers and task.kind in CALLS]
        self.tasks = dict(Counter(task.name for task in own))
        earlier = {actor.actor_id for actor in before.actors}
        actors = [actor for actor in after.actors if actor.actor_id not in earlier]
        self.n_actors = len(actors)
        earlier_runs = {worker.pid: worker.executed for worker in before.workers}
        runs = {pid: n - earlier_runs.get(pid, 0) for pid, n in executed.items()}
        if silent := _silent(new, actors, runs):
            self.tasks[SILENT] = silent
        self.stored_bytes = after.store.created_bytes - before.store.created_bytes
        self.spilled_bytes = after.store.spilled_bytes - before.store.spilled_bytes


def _silent(new: list[TaskRow], actors: list[ActorRow], runs: dict[int, int]) -> int:
    """How many tasks were executed but are not in the table.

    A worker executes an actor's creation too. What a killed worker ran may not be known: calls in the table
    without a process make up for that.
    """
    shown = Counter(pid for task in new for pid in task.pids)
    creations = {task.actor_id for task in new if task.kind == CREATION}
    shown.update(actor.pid for actor in actors if actor.actor_id not in creations)
    nowhere = sum(task.kind in CALLS and not task.pids for task in new)
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
