"""What this process may use of the machine: in a container, that is less than what the machine has."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import psutil

_GROUP = Path("/sys/fs/cgroup")  # of a container: its own group, as version 2 of control groups shows it


def usable_cpus() -> int:
    """CPUs, as far as affinity and the container's quota allow."""
    n = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError):
        quota, period = (_GROUP / "cpu.max").read_text(encoding="ascii").split()
        return max(min(n, int(quota) // int(period)), 1)
    return n


def usable_memory() -> int:
    """Bytes of memory that are free for use here."""
    free = int(psutil.virtual_memory().available)
    with contextlib.suppress(OSError, ValueError):
        limit = int((_GROUP / "memory.max").read_text(encoding="ascii"))
        used = int((_GROUP / "memory.current").read_text(encoding="ascii"))
        return max(min(free, limit - used), 0)
    return free
