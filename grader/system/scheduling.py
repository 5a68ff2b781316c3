"""Whether anything changed how processes are scheduled: any other process of the same user may do that."""

from __future__ import annotations

import contextlib
import functools
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_ENDING_S = 0.1


@dataclass(frozen=True, slots=True)
class Schedule:
    """How a thread is scheduled.

    Args:
        cpus: CPUs that it may use; none where the system does not say (macOS).
        nice: Its priority.
        policy: By what rule it gets its turn; None where the system does not say.
        groups: The control groups of its process, as /proc lists them.
    """

    cpus: frozenset[int]
    nice: int
    policy: int | None
    groups: str

    @classmethod
    def of(cls, thread: int, process: str) -> Schedule:
        """That of a thread now; 0 and "self" stand for the one that asks."""
        policy = os.sched_getscheduler(thread) if hasattr(os, "sched_getscheduler") else None
        return cls(_cpus(thread), os.getpriority(os.PRIO_PROCESS, thread), policy, _groups(process))


@functools.cache
def own_schedule() -> Schedule:
    """How this process was scheduled when it first asked, which should be before any solution runs."""
    return Schedule.of(0, "self")


def rescheduled(pids: Iterable[int], at_first: Schedule) -> str:
    """How processes differ from what they were started with; empty when they do not.

    What this process is now is no measure: whoever moves others can move it along with them.

    Args:
        pids: Processes to compare, each thread by its CPUs, priority and policy, and by control group.
        at_first: How the process that started them was scheduled before any solution ran.
    """
    for pid in pids:
        with contextlib.suppress(OSError):  # it has ended in the meantime
            for thread in _threads(pid):
                now = Schedule.of(thread, str(pid))
                if not at_first.cpus <= now.cpus:  # a thread from before it was pinned may use more
                    return f"process {pid} may use different CPUs than it was started with"
                if (now.nice, now.policy) != (at_first.nice, at_first.policy):
                    return f"process {pid} has a different priority than it was started with"
            if _groups(str(pid)) != at_first.groups and not _is_ending(pid):
                return f"process {pid} is in a different control group than it was started in"
    return ""


def _cpus(thread: int) -> frozenset[int]:
    """CPUs that a thread may use; nothing where the system does not say (macOS)."""
    return frozenset(os.sched_getaffinity(thread)) if hasattr(os, "sched_getaffinity") else frozenset()


def _threads(pid: int) -> list[int]:
    folder = Path(f"/proc/{pid}/task")
    return [int(entry.name) for entry in folder.iterdir()] if folder.is_dir() else [pid]


def _is_ending(pid: int) -> bool:
    """Whether a process is on its way out: the kernel takes it out of its groups before it has ended."""
    time.sleep(_ENDING_S)
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return True
    return any(line.split()[1] in "ZX" for line in status.splitlines() if line.startswith("State:"))


def _groups(process: str) -> str:
    path = Path("/proc") / process / "cgroup"
    return path.read_text(encoding="utf-8") if path.exists() else ""
