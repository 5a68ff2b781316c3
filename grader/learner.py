"""What a hidden test sees of a side: calls and scenarios, counts before and after, what was left behind."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from grader.collaborator import Collaborator
from grader.side import Side
from grader.snapshot import actor_of

FLUSHED_WITHIN_S = 5.0
MARKER = "kata_marker"
_FLUSH_INTERVAL_S = 0.15  # a little more than task_events_report_interval_ms
_STORE_SLACK_BYTES = 1_000_000
_ENDED = frozenset({"FINISHED", "FAILED"})


@dataclass(slots=True)
class Counts:
    """What a block of calls cost; filled when the block ends.

    Attributes:
        tasks: Normal tasks and actor calls by function name.
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


class Learner:
    """A side as tests use it, with the world of the test at hand.

    Args:
        side: Started, with a solution.
        world: This test's; its ledger starts empty.
    """

    def __init__(self, side: Side, world: Collaborator | None) -> None:
        self.side = side
        self.world: Any = world
        self._store_before = self._used_bytes()

    # -- doing -----------------------------------------------------------------------------------

    def call(self, name: str, *args: Any, deadline_s: float = 10.0, **kwargs: Any) -> Any:
        """A public function of the solution, in its own process.

        Args:
            name: The function.
            *args: Plain data.
            deadline_s: Guards against hangs; not a measure of speed.
            **kwargs: Plain data.

        Raises:
            Observation: It raised, hung, crashed or returned something that is not plain data.
        """
        return self.side.call("solution", name, args, kwargs, deadline_s)

    def scenario(self, name: str, *, deadline_s: float = 10.0, **inputs: Any) -> Any:
        """A function of the challenge's scenarios.py, in the solution's process; see `call`."""
        return self.side.call("scenarios", name, (), inputs, deadline_s)

    # -- looking ---------------------------------------------------------------------------------

    @property
    def num_cpus(self) -> int:
        """Logical CPUs of the cluster."""
        return self.side.needs.num_cpus

    @property
    def driver_pid(self) -> int:
        """The process that holds the solution."""
        return self.side.driver_pid

    def worker_pids(self) -> set[int]:
        """Processes that are or were Ray workers of this cluster."""
        return set(self.side.look("worker_pids")["worker_pids"])

    def free_cpus(self) -> float:
        """Logical CPUs that are free now, as the GCS last heard (it hears ten times a second)."""
        free = self.side.look("available")["available"]
        return float(sum(node.get("CPU", 0.0) for node in free.values()))

    @contextlib.contextmanager
    def counting(self) -> Iterator[Counts]:
        """Count what the calls in the block cost the cluster."""
        counts = Counts()
        known = {task["task_id"] for task in self._flushed_tasks()}
        before = self.side.look("store")["store"]
        yield counts
        new = [task for task in self._flushed_tasks() if task["task_id"] not in known]
        after = self.side.look("store")["store"]
        calls = ("NORMAL_TASK", "ACTOR_TASK")
        counts.tasks = dict(Counter(task["name"] for task in new if task["kind"] in calls))
        counts.n_actors = sum(task["kind"] == "ACTOR_CREATION_TASK" for task in new)
        counts.stored_bytes = after["created_bytes"] - before["created_bytes"]
        counts.spilled_bytes = after["spilled_bytes"] - before["spilled_bytes"]

    def leftovers(self, within_s: float = 5.0) -> list[str]:
        """What is still there after the calls, one line each; empty as soon as nothing is.

        Args:
            within_s: How long the solution's clean-up may take to arrive.
        """
        self.side.collect_garbage()
        deadline = time.monotonic() + within_s
        while (found := self._leftovers()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return found

    def _leftovers(self) -> list[str]:
        seen = self.side.look("tasks", "actors", "placement_groups")
        actors = Counter(a["class_name"] for a in seen["actors"] if a["state"] != "DEAD")
        ended: set[str] = {a["actor_id"] for a in seen["actors"] if a["state"] == "DEAD"}
        tasks = Counter(
            t["name"]
            for t in seen["tasks"]
            if t["state"] not in _ENDED
            and t["kind"] != "DRIVER_TASK"
            and t["actor_id"] not in ended
            and actor_of(t["parent_id"]) not in ended  # nobody is left to tell the GCS of its end
        )
        calls = Counter(entry.op for entry in self.world.open()) if self.world else Counter()
        found = [f"{n} actor(s) {name} alive" for name, n in actors.items()]
        found += [f"{n} task(s) {name} unfinished" for name, n in tasks.items()]
        found += [f"{n} call(s) of service.{op} unanswered" for op, n in calls.items()]
        found += [f"placement group {g['state'].lower()}" for g in seen["placement_groups"]]
        extra = self._used_bytes() - self._store_before
        if extra > _STORE_SLACK_BYTES:
            found.append(f"{extra / 1e6:.0f} MB more in the object store than before")
        return found

    def _flushed_tasks(self) -> list[dict[str, Any]]:
        """The task table, complete: events arrive with a delay.

        What the driver submitted is there once a marker is; what tasks submitted in turn, once two looks
        in a row show the same.
        """
        marker = self.side.mark()
        deadline = time.monotonic() + FLUSHED_WITHIN_S
        before: set[str] = set()
        while True:
            tasks: list[dict[str, Any]] = self.side.look("tasks")["tasks"]
            ids = {task["task_id"] for task in tasks}
            settled = all(t["state"] in _ENDED for t in tasks if t["kind"] != "DRIVER_TASK")
            if (marker in ids and ids == before and settled) or time.monotonic() > deadline:
                return [task for task in tasks if task["name"] != MARKER]
            before = ids
            time.sleep(_FLUSH_INTERVAL_S)

    def _used_bytes(self) -> int:
        return int(self.side.look("store")["store"]["used_bytes"])
