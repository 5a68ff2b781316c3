"""What a hidden test sees of a side: calls and scenarios, counts before and after, what is left behind."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import psutil

from grader.errors import ClusterLostError
from grader.explain.snapshot import actor_of
from grader.judge.counting import COUNTED, SILENT, Counts, ExecutedWatch
from grader.judge.forms import opened, promised
from grader.judge.memory import BEFORE_BYTES, Held, MemoryWatch
from grader.side.observation import NotCounted, SolutionCrashed
from grader.side.side import Side
from grader.side.task_table import FLUSH_INTERVAL_S, settled_tasks
from grader.system.machine import is_crowded
from grader.tables import DRIVER, ActorRow, TableName, Tables, TaskRow
from grader.world.outside import OutsideWorld

SEEN_WITHIN_S = 2.0
UNREAD = object()
_SLACK_BYTES = 1_000_000


class Learner:
    """A side as tests use it, with the world of the test at hand.

    Args:
        side: A started side, with a solution.
        world: This test's world; its ledger starts empty.
    """

    def __init__(self, side: Side, world: OutsideWorld | None) -> None:
        self.side = side
        self.world: Any = world
        self._store_before = min(self._used_bytes(), BEFORE_BYTES)

    # -- doing -----------------------------------------------------------------------------------

    def call(
        self, name: str, *args: Any, returns: Any = UNREAD, deadline_s: float = 10.0, **kwargs: Any
    ) -> Any:
        """Call a public function of the solution, in the solution's process.

        Args:
            name: The function.
            *args: Plain data.
            returns: The form of what it promises to return: see `grader.judge.forms`. What is not promised is
                not returned: without a form, None.
            deadline_s: Guards against hangs; not a measure of speed.
            **kwargs: Plain data.

        Raises:
            Observation: It raised, hung, crashed or returned something that is not plain data.
            WrongAnswer: It returned something of another form.
        """
        value = self.side.call("solution", name, opened(args), opened(kwargs), deadline_s)
        return _read(value, returns, f"{name}()")

    def scenario(self, name: str, *, returns: Any = UNREAD, deadline_s: float = 10.0, **inputs: Any) -> Any:
        """Call a function of the challenge's scenarios.py, in the solution's process; see `call`."""
        value = self.side.call("scenarios", name, (), opened(inputs), deadline_s)
        return _read(value, returns, "answer")

    # -- surroundings ----------------------------------------------------------------------------

    @staticmethod
    def is_crowded() -> bool:
        """Whether short deadlines mean little: other programs leave this grading too little of the CPUs."""
        return is_crowded()

    # -- looking ---------------------------------------------------------------------------------

    def look(self, *names: TableName) -> Tables:
        """Tables of the cluster.

        Raises:
            SolutionCrashed: The cluster is gone. It was there before the calls, and nothing else knows of it.
        """
        try:
            return self.side.look(*names)
        except ClusterLostError as lost:
            self.side.replace()
            raise SolutionCrashed(f"it took down its cluster or what guards it: {lost}") from None

    @property
    def num_cpus(self) -> int:
        """Logical CPUs of the cluster."""
        return self.side.needs.num_cpus

    @property
    def driver_pid(self) -> int:
        """The process that holds the solution."""
        return self.side.driver_pid

    def worker_pids(self) -> set[int]:
        """Processes that are or were Ray workers of this cluster: children of its raylet, says the kernel."""
        return set(self.look("worker_pids").worker_pids)

    def free_cpus(self) -> float:
        """Logical CPUs that are free now, as the GCS last heard (it hears forty times a second)."""
        return self.look("available").free_cpus

    def actors(self) -> list[ActorRow]:
        """Living actors: `class_name`, `name`, `pid`, `state` (ALIVE, RESTARTING, ...)."""
        return self.look("actors").living_actors

    def kill(self, pid: int) -> None:
        """Kill one of the solution's processes from outside, as a failing machine would, and see it dead.

        Raises:
            ValueError: It is not a living process of the solution, or it does not die.
        """
        if not self.side.warden.ask("kill", pid):
            raise ValueError(f"process {pid} is not a living process of the solution, or does not die")

    @contextlib.contextmanager
    def memory(self, limit_bytes: int | None = None) -> Iterator[Held]:
        """Watch what the calls in the block hold; see `grader.judge.memory`.

        Raises:
            HeldTooMuch: They held more than the limit together.
        """
        watch = MemoryWatch(self.side, limit_bytes)
        held = watch.held
        try:
            yield held
        finally:
            watch.stop()

    @contextlib.contextmanager
    def counting(self) -> Iterator[Counts]:
        """Count what the calls in the block cost the cluster.

        Raises:
            NotCounted: Some process worked in the block without showing up in the cluster.
        """
        counts = Counts()
        n_before = len(self.world.ledger.entries()) if self.world else 0
        settled_tasks(self.side, self.look)
        before = self.look(*COUNTED)
        watch = ExecutedWatch(self.side)
        try:
            yield counts
            settled_tasks(self.side, self.look)
        finally:
            watch.stop()
        self._check_that_all_is_seen(n_before)
        after = self.look(*COUNTED)
        watch.note(after.workers)
        counts.fill(before, after, watch.most, self.side.markers, self._callers(n_before))

    def _check_that_all_is_seen(self, n_before: int) -> None:
        """A count of nothing means something only if every caller of the world shows up in the cluster."""
        deadline = time.monotonic() + SEEN_WITHIN_S
        while unseen := self._unseen(n_before):
            if time.monotonic() > deadline:
                raise NotCounted(
                    f"Processes {', '.join(map(str, sorted(unseen)))} called the service, but the cluster "
                    "shows no task of theirs, so what they cost cannot be counted. Do they work outside Ray, "
                    "in a process pool?"
                )
            time.sleep(FLUSH_INTERVAL_S)

    def _unseen(self, n_before: int) -> set[int]:
        """Callers of the world since then that are no worker, or a living one that shows no work of Ray's."""
        callers = self._callers(n_before)
        if not callers:
            return callers
        seen = self.look("tasks", "actors", "workers", "worker_pids")
        shown = {pid for task in seen.tasks for pid in task.pids} | {actor.pid for actor in seen.actors}
        shown |= {worker.pid for worker in seen.workers if worker.executed}
        workers = set(seen.worker_pids)
        return {pid for pid in callers if pid not in workers or (pid not in shown and psutil.pid_exists(pid))}

    def _callers(self, n_before: int) -> set[int]:
        """Processes other than the driver that have called the world since then."""
        entries = self.world.ledger.entries()[n_before:] if self.world else []
        return {entry.pid for entry in entries} - {self.driver_pid}

    def leftovers(self, within_s: float = 5.0) -> list[str]:
        """What is still there after the calls, one line each; empty as soon as nothing is.

        Args:
            within_s: How long the solution's clean-up may take.
        """
        self.side.collect_garbage()
        deadline = time.monotonic() + within_s
        while (found := self._leftovers()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return found

    def _leftovers(self) -> list[str]:
        seen = self.look("tasks", "actors", "placement_groups", "workers")
        tasks = Counter(task.name for task in _unfinished(seen))
        silent = sum(worker.running for worker in seen.workers) - tasks.total()
        actors = Counter(actor.class_name for actor in seen.living_actors)
        calls = Counter(entry.op for entry in self.world.open()) if self.world else Counter()
        extra = self._used_bytes() - self._store_before
        return [
            *(f"{n} {name} actor(s) still alive" for name, n in actors.items()),
            *(f"{n} {name} task(s) unfinished" for name, n in tasks.items()),
            *([f"{silent} {SILENT}(s) unfinished"] if silent > 0 else []),
            *(f"{n} service.{op} call(s) unanswered" for op, n in calls.items()),
            *(f"placement group {group.state.lower()}" for group in seen.placement_groups),
            *([f"{extra / 1e6:.0f} MB more in the object store than before"] if extra > _SLACK_BYTES else []),
        ]

    def _used_bytes(self) -> int:
        return self.look("store").store.used_bytes


def _read(value: Any, form: Any, name: str) -> Any:
    return None if form is UNREAD else promised(value, form, name)


def _unfinished(seen: Tables) -> list[TaskRow]:
    """Tasks still running or waiting; an ended actor's tasks have ended too, though the GCS was not told."""
    ended = {actor.actor_id for actor in seen.actors if actor.is_dead}
    return [
        task
        for task in seen.tasks
        if not task.has_ended
        and task.kind != DRIVER
        and task.actor_id not in ended
        and actor_of(task.parent_id) not in ended
    ]
