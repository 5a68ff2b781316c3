"""What a cluster's tables say: rows as a warden reads them from Ray and as the judge understands them.

Rows travel from warden to judge as plain data. The judge asks for tables by name and gets `Tables`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

ENDED = frozenset({"FINISHED", "FAILED"})
DEAD = "DEAD"
CALLS = frozenset({"NORMAL_TASK", "ACTOR_TASK"})
CREATION = "ACTOR_CREATION_TASK"
DRIVER = "DRIVER_TASK"

TableName = Literal[
    "nodes", "available", "tasks", "jobs", "actors", "placement_groups", "worker_pids", "store", "workers"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """The last attempt at a task, an actor call or an actor's creation.

    Args:
        name: Its function's name, without the function that encloses it.
        kind: Ray's name for it: NORMAL_TASK, ACTOR_TASK, ACTOR_CREATION_TASK or DRIVER_TASK.
        state: Ray's name for it, for example PENDING_NODE_ASSIGNMENT, RUNNING or FINISHED.
        times_s: When it entered each state, in seconds since the epoch.
        required: Resources it asks for, by name.
        parent_id: The task that submitted it.
        actor_id: The actor it runs on; empty for a normal task.
        pid: The worker it runs in; 0 while it is not running.
        pids: The worker of each attempt that started.
        error: Ray's name for why it failed, for example TASK_CANCELLED or WORKER_DIED; empty if it did not.
    """

    task_id: str
    name: str
    kind: str
    state: str
    times_s: Mapping[str, float]
    required: Mapping[str, float]
    parent_id: str
    actor_id: str
    job_id: str
    pid: int
    pids: Sequence[int]
    error: str = ""

    @property
    def has_ended(self) -> bool:
        """Whether it finished or failed."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class ActorRow:
    """An actor.

    Args:
        state: Ray's name for it: ALIVE, RESTARTING, DEAD, ...
        pid: Its process; 0 before it has one.
        name: The name to look it up by; often empty.
        detached: Whether it outlives its driver.
        held: Resources it holds while it lives, or asks for until it is placed.
    """

    actor_id: str
    class_name: str
    state: str
    pid: int
    name: str
    detached: bool
    job_id: str
    node_id: str
    held: Mapping[str, float]

    @property
    def is_dead(self) -> bool:
        """Whether it will not come back."""
        return self.state == DEAD


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRow:
    """A node that is alive.

    Args:
        resources: Totals by name.
        raylet: Where its raylet listens, as `host:port`.
    """

    node_id: str
    resources: Mapping[str, float]
    raylet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementGroupRow:
    """A placement group that has not been removed."""

    state: str
    detached: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRow:
    """What a living worker or driver says about itself, whether or not its tasks report events.

    Args:
        executed: How many tasks, actor calls and actor creations it has started.
        running: How many of them have not ended.
    """

    pid: int
    executed: int
    running: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreRow:
    """Sums of the raylets' object-store counters since the cluster started."""

    used_bytes: int
    created_bytes: int
    created_objects: int
    spilled_bytes: int


Row = TaskRow | ActorRow | NodeRow | PlacementGroupRow | WorkerRow | StoreRow


def to_plain(table: Any) -> Any:
    """A table as plain data for the socket: each row becomes a dictionary."""
    if isinstance(table, Row):
        return {field.name: getattr(table, field.name) for field in fields(table)}
    return [to_plain(row) for row in table] if isinstance(table, list) else table


class Tables:
    """The tables that were asked for, at one moment.

    Args:
        plain: By name, as `to_plain` made them. Reading a table that was not asked for is a `KeyError`.
    """

    __slots__ = ("_plain",)

    def __init__(self, plain: Mapping[str, Any]) -> None:
        self._plain = plain

    @property
    def tasks(self) -> list[TaskRow]:
        """Tasks of the living jobs."""
        return [TaskRow(**row) for row in self._plain["tasks"]]

    @property
    def actors(self) -> list[ActorRow]:
        """Actors of the living jobs, dead or alive; of other jobs, only those that are alive."""
        return [ActorRow(**row) for row in self._plain["actors"]]

    @property
    def living_actors(self) -> list[ActorRow]:
        """Actors that are alive, or may come back."""
        return [actor for actor in self.actors if not actor.is_dead]

    @property
    def nodes(self) -> list[NodeRow]:
        """Nodes that are alive."""
        return [NodeRow(**row) for row in self._plain["nodes"]]

    @property
    def available(self) -> dict[str, dict[str, float]]:
        """Free resources by node id, as last reported to the GCS."""
        return dict(self._plain["available"])

    @property
    def free_cpus(self) -> float:
        """Free logical CPUs across all nodes."""
        return float(sum(free.get("CPU", 0.0) for free in self.available.values()))

    @property
    def placement_groups(self) -> list[PlacementGroupRow]:
        """Placement groups that have not been removed."""
        return [PlacementGroupRow(**row) for row in self._plain["placement_groups"]]

    @property
    def worker_pids(self) -> list[int]:
        """Processes that are or were Ray workers, not counting drivers: as the kernel tells it."""
        return list(self._plain["worker_pids"])

    @property
    def workers(self) -> list[WorkerRow]:
        """Living workers and drivers."""
        return [WorkerRow(**row) for row in self._plain["workers"]]

    @property
    def store(self) -> StoreRow:
        """The object store's counters."""
        return StoreRow(**self._plain["store"])

    @property
    def jobs(self) -> dict[str, int]:
        """Living jobs: each driver's process, by job id."""
        return dict(self._plain["jobs"])
