"""Keeps a side within its limits: memory, processes, disk and the one cluster, whatever the solution does.

Runs in a thread of the side's warden and looks twice a second, from outside, so a solution can neither feel
nor stop it. Between two looks the kernel holds the line where it can: on the size of a file (an rlimit) and
on the number of processes and threads (`grader.system.pids_group`).
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import threading
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import psutil

from grader.side_spec import Limits
from grader.system.processes import anonymous_bytes, end_all, proportional_bytes, shared_bytes, signal_all
from grader.warden.cluster import VITAL_PROCESSES
from grader.warden.lookout import Lookout

LOOK_INTERVAL_S = 0.5
_END_WITHIN_S = 5.0
_ENTRIES_COUNTED = 20_000


class Guard(Lookout):
    """Watches a side and ends whatever exceeds its limits.

    Args:
        limits: What is allowed.
        store_bytes: Size of the object store: shared memory that the solution's processes may map as well.
        folder: The side's folder.
        find: Finds the solution's processes as they are now.
        vital: GCS and raylet of the cluster it was given.
    """

    def __init__(
        self,
        limits: Limits,
        store_bytes: int,
        folder: Path,
        find: Callable[[], list[psutil.Process]],
        vital: Collection[psutil.Process],
    ) -> None:
        super().__init__(LOOK_INTERVAL_S)
        self._limits, self._store_bytes, self._folder, self._find = limits, store_bytes, folder, find
        self._vital = vital
        self._broken: list[str] = []
        self._looks_like_ray: set[psutil.Process] = set()  # in the last look
        self._lock = threading.Lock()

    def take_broken(self) -> list[str]:
        """The limits broken since the last time, one sentence each."""
        with self._lock:
            found, self._broken = self._broken, []
        return found

    def _look(self) -> None:
        with contextlib.suppress(psutil.Error, OSError):
            found = self._find()
            self._look_at_memory(found)
            for why in self._reasons_to_end_all(found):
                self._note(why)
                end_all(self._find, adopted=False, within_s=_END_WITHIN_S)

    def _reasons_to_end_all(self, found: list[psutil.Process]) -> Iterator[str]:
        """A sentence for each limit that is broken; the next is looked at when the last has been acted on."""
        limits = self._limits
        if added := self.added_to_ray(found):
            what = "cluster" if "gcs_server" in added else "node"
            yield (
                f"it started its own Ray {what}, but has to make do with the cluster it is given; "
                "all its processes were killed"
            )
        if len(found) > limits.processes:
            yield f"it ran {len(found)} processes (the limit is {limits.processes}); all were killed"
        threads = sum(_threads(p) for p in found)
        if threads > limits.threads:
            yield f"it ran {threads} threads (the limit is {limits.threads}); all were killed"
        used, entries = disk_use(self._folder)
        if used > limits.disk_bytes or entries >= _ENTRIES_COUNTED:
            yield (
                f"it wrote {used / 1e6:.0f} MB in {entries} files and folders (the limit is "
                f"{limits.disk_bytes / 1e6:.0f} MB in {_ENTRIES_COUNTED}); its processes were killed"
            )

    def added_to_ray(self, found: list[psutil.Process]) -> set[str]:
        """Names of processes of a Ray node that are not the given cluster's own, seen in two looks.

        Until it runs a program of its own, a new child of the raylet is called `raylet` as well.
        """
        seen = {p: name for p in found if p not in self._vital and (name := _name(p)) in VITAL_PROCESSES}
        added = {name for p, name in seen.items() if p in self._looks_like_ray}
        self._looks_like_ray = set(seen)
        return added

    def _look_at_memory(self, found: list[psutil.Process]) -> None:
        pids = [p.pid for p in found]
        most = sum(map(anonymous_bytes, pids)), sum(map(shared_bytes, pids))
        if self._sum(*most) <= self._limits.memory_bytes:
            return
        parts = {pid: proportional_bytes(pid) for pid in pids}  # what a fork shares was counted twice
        held = {pid: sum(part) for pid, part in parts.items()}
        together = self._sum(sum(a for a, _ in parts.values()), sum(s for _, s in parts.values()))
        if together <= self._limits.memory_bytes:
            return
        self._note(
            f"its processes held {together / 1e6:.0f} MB of memory together (the limit is "
            f"{self._limits.memory_bytes / 1e6:.0f} MB); the biggest was killed"
        )
        biggest = max(held, key=lambda pid: held[pid])
        signal_all([p for p in found if p.pid == biggest], signal.SIGKILL)

    def _sum(self, anonymous: int, shared: int) -> int:
        """What counts: the object store's memory belongs to the cluster."""
        return anonymous + max(shared - self._store_bytes, 0)

    def _note(self, why: str) -> None:
        with self._lock:
            if not self._broken:  # what comes after the first is its echo
                self._broken.append(why)


def _name(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return str(process.name())
    return ""


def _threads(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        return int(process.num_threads())
    return 0


def disk_use(folder: Path) -> tuple[int, int]:
    """Bytes that the files below a folder occupy, and the entries counted: at most _ENTRIES_COUNTED."""
    used = entries = 0
    waiting = [os.fspath(folder)]
    while waiting and entries < _ENTRIES_COUNTED:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as found:
            for entry in found:
                entries += 1
                if entries >= _ENTRIES_COUNTED:
                    break
                with contextlib.suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        used += entry.stat(follow_symlinks=False).st_blocks * 512
    return used, entries


def limit_self(limits: Limits, store_bytes: int) -> None:
    """Have the kernel limit this process and everything it starts: the size of a file, no core dumps."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    wanted = max(limits.disk_bytes, 2 * store_bytes)  # the object store is a file too
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_FSIZE, (wanted, wanted))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
