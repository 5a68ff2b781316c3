"""Whether anything changed how processes are scheduled: any other process of the same user may do that."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable
from pathlib import Path

_ENDING_S = 0.1


def rescheduled(pids: Iterable[int]) -> str:
    """How processes differ from this one, which started them; empty when they do not.

    Args:
        pids: Processes to compare by each thread's CPUs and priority, and by control group.
    """
    own_cpus, own_nice, own_groups = _cpus(0), os.getpriority(os.PRIO_PROCESS, 0), _groups("self")
    for pid in pids:
        with contextlib.suppress(OSError):  # it has ended in the meantime
            for thread in _threads(pid):
                if _cpus(thread) != own_cpus:
                    return f"process {pid} may use different CPUs than it was started with"
                if os.getpriority(os.PRIO_PROCESS, thread) != own_nice:
                    return f"process {pid} has a different priority than it was started with"
            if _groups(str(pid)) != own_groups and not _is_ending(pid):
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
