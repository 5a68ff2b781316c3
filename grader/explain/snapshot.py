"""What a side looked like at one moment: tasks, actors, nodes, stacks and calls to the world."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grader.tables import CREATION, DRIVER, ActorRow, TableName, Tables, TaskRow
from grader.world.ledger import Entry

CLUSTER_TABLES: tuple[TableName, ...] = ("tasks", "actors", "nodes", "available")
_FRAME = re.compile(r'  File "(?P<file>.*)", line (?P<line>\d+) in (?P<function>.*)')


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of a stack."""

    file: str
    line: int
    function: str


@dataclass(frozen=True, slots=True)
class Thread:
    """One thread's stack, innermost frame first."""

    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """An unfinished task or actor call.

    Args:
        state: Ray's name for it, e.g. PENDING_NODE_ASSIGNMENT or RUNNING.
        required: Resources it asks for, by name.
        parent_id: The task that submitted it.
        actor_id: The actor it runs on; empty for a normal task.
        pid: The worker it runs in; 0 while it is not running.
        running_s: Seconds since it started running; 0 while it is not.
        pending_s: Seconds since it started waiting for a node; 0 while it is not.
        creates_actor: Whether it is an actor's creation.
    """

    task_id: str
    name: str
    state: str
    required: Mapping[str, float]
    parent_id: str
    actor_id: str
    pid: int
    running_s: float
    pending_s: float
    creates_actor: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """An actor that is not dead.

    Args:
        held: Resources it holds while it lives, or asks for until it is placed.
        alive: Whether it has been placed and is running.
    """

    actor_id: str
    class_name: str
    pid: int
    node_id: str
    held: Mapping[str, float]
    alive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node's resources by name."""

    node_id: str
    total: Mapping[str, float]
    free: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCall:
    """A call to the world that has not been answered.

    Args:
        op: Its name.
        args: Its arguments, shortened for display.
        pid: The process that waits.
        seconds: How long it has been waiting.
    """

    op: str
    args: str
    pid: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All of it at once; `stacks` maps pids to threads."""

    tasks: tuple[Task, ...]
    actors: tuple[Actor, ...]
    nodes: tuple[Node, ...]
    open_calls: tuple[OpenCall, ...]
    driver_pid: int
    stacks: dict[int, tuple[Thread, ...]]


def actor_of(task_id: str) -> str:
    """The actor whose call has this id; empty for a driver's or a normal task's.

    A task's id (24 bytes, here in hex) ends in its actor's id (16 bytes); the others have all ones there.
    """
    actor_id = task_id[16:]
    return "" if not actor_id or actor_id.startswith("f" * 24) else actor_id


def parse_stacks(text: str) -> tuple[Thread, ...]:
    """Threads of a `faulthandler` dump."""
    threads: list[list[Frame]] = []
    for line in text.splitlines():
        if line.startswith(("Thread ", "Current thread ", "Stack ")):
            threads.append([])
        elif threads and (match := _FRAME.match(line)):
            threads[-1].append(Frame(match["file"], int(match["line"]), match["function"]))
    return tuple(Thread(tuple(frames)) for frames in threads if frames)


def take_snapshot(
    seen: Tables,
    calls: Sequence[Entry],
    driver_pid: int,
    stacks_of: Callable[[list[int]], dict[int, str]],
) -> Snapshot:
    """Put together what the cluster, the ledger and the processes show.

    Args:
        seen: CLUSTER_TABLES of the cluster.
        calls: Open entries of the world's ledger.
        driver_pid: The driver of this side.
        stacks_of: Gets the `faulthandler` dumps of processes, by pid.
    """
    wall_s, monotonic_s = time.time(), time.monotonic()
    available = seen.available
    tasks = tuple(_task(row, wall_s) for row in seen.tasks if not row.has_ended and row.kind != DRIVER)
    actors = tuple(_actor(row) for row in seen.living_actors)
    open_calls = tuple(
        OpenCall(op=e.op, args=_short(e.args), pid=e.pid, seconds=monotonic_s - e.start_s) for e in calls
    )
    pids = {t.pid for t in tasks if t.pid} | {a.pid for a in actors if a.pid} | {driver_pid}
    stacks = {pid: parse_stacks(text) for pid, text in stacks_of(sorted(pids)).items()}
    return Snapshot(
        tasks=_of_living_actors(tasks, actors),
        actors=actors,
        nodes=tuple(
            Node(node_id=node.node_id, total=node.resources, free=available.get(node.node_id, {}))
            for node in seen.nodes
        ),
        open_calls=open_calls,
        driver_pid=driver_pid,
        stacks=stacks,
    )


def _of_living_actors(tasks: tuple[Task, ...], actors: tuple[Actor, ...]) -> tuple[Task, ...]:
    """Leave out what ended with its actor: the GCS may still call it running."""
    known = {a.actor_id for a in actors}
    return tuple(t for t in tasks if not t.actor_id or t.actor_id in known)


def _task(row: TaskRow, wall_s: float) -> Task:
    started = row.times_s.get("RUNNING") if row.state.startswith("RUNNING") else None
    waits = row.state == "PENDING_NODE_ASSIGNMENT"
    placed_from = row.times_s.get("PENDING_NODE_ASSIGNMENT") if waits else None
    return Task(
        task_id=row.task_id,
        name=row.name,
        state=row.state,
        required=row.required,
        parent_id=row.parent_id,
        actor_id=row.actor_id,
        pid=row.pid,
        running_s=max(wall_s - started, 0.0) if started else 0.0,
        pending_s=max(wall_s - placed_from, 0.0) if placed_from else 0.0,
        creates_actor=row.kind == CREATION,
    )


def _actor(row: ActorRow) -> Actor:
    return Actor(
        actor_id=row.actor_id,
        class_name=row.class_name,
        pid=row.pid,
        node_id=row.node_id,
        held=row.held,
        alive=row.state == "ALIVE",
    )


def _short(args: tuple[Any, ...], limit: int = 60) -> str:
    text = ", ".join(repr(a) for a in args)
    return text if len(text) <= limit else text[: limit - 1] + "…"
