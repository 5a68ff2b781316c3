"""Watches from outside what a side's processes and object store hold in memory; kills what holds too much.

What counts is resident anonymous memory (RssAnon): the heap. The object store's shared memory and mapped
files are not part of it, so reading a large array from the store or mapping a file costs a process nothing.
Memory that hides elsewhere counts for all processes together: see `Elsewhere`.

The level from which growth counts is absolute. Whatever was held at the start of a block could be ballast, to
be given back while something else leaks: so of that, only BEFORE_BYTES beyond idle processes is left out.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from grader.errors import GraderError
from grader.side.observation import HeldTooMuch
from grader.side.side import Side
from grader.system.processes import anonymous_bytes, proportional_bytes
from grader.system.shared_files import named_files, shared_files

SAMPLE_INTERVAL_S = 0.05
FIND_INTERVAL_S = 0.25
IDLE_WORKER_BYTES = 57_000_000  # a worker of Ray 2.60 with NumPy that has done nothing
LOADED_BYTES = 15_000_000  # what a worker may need more to have imported a solution
IDLE_CHILD_BYTES = 10_000_000  # a process that is neither driver nor worker
BEFORE_BYTES = 64_000_000  # of what a solution holds when a block starts: not counted
CLUSTER_BEFORE_BYTES = 256_000_000  # GCS and raylet: task events of earlier calls
CLUSTER_GROWTH_BYTES = 32_000_000  # likewise of a block's own calls


@dataclass(slots=True)
class Held:
    """What was held beyond the level at the start of a block; filled when the block ends.

    That level is what idle processes hold, and of what was held beyond it at the start at most BEFORE_BYTES.

    Attributes:
        grown_bytes: By pid, the most that a process held beyond that. One that started inside the block
            counts from what an idle worker holds.
        driver_bytes: The same for the driver alone.
        peak_bytes: The most that all processes together held beyond that, with memory that is in no heap.
        peak_store_bytes: The most that was used in the object store beyond the start.
    """

    grown_bytes: dict[int, int] = field(default_factory=dict)
    driver_bytes: int = 0
    peak_bytes: int = 0
    peak_store_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Level:
    """From where growth counts, by kind of process.

    Args:
        idle: What idle processes hold, by pid.
        before: What the same held when the block started.
        newborn_bytes: What a process holds that has just started.
    """

    idle: Mapping[int, int]
    before: Mapping[int, int]
    newborn_bytes: int

    def grown(self, now: Mapping[int, int]) -> dict[int, int]:
        """By pid, how much more a living process holds than it may without being counted."""
        return {pid: n - self._of(pid) for pid, n in now.items() if n}

    def together(self, now: Mapping[int, int], elsewhere_bytes: int = 0, elsewhere_before: int = 0) -> int:
        """How much more all of them hold, with memory elsewhere, than is left out for all of them."""
        held = elsewhere_bytes + sum(max(0, n - self._idle_of(pid)) for pid, n in now.items())
        alive = {pid: min(n, now[pid]) for pid, n in self.before.items() if now.get(pid)}
        left_out = min(elsewhere_bytes, elsewhere_before)
        left_out += sum(n - min(n, self._idle_of(pid)) for pid, n in alive.items())
        return held - min(left_out, BEFORE_BYTES)

    def _of(self, pid: int) -> int:
        """What a process may hold without being counted for itself."""
        if pid not in self.before:
            return self.newborn_bytes
        return min(self.before[pid], self.idle[pid] + BEFORE_BYTES)

    def _idle_of(self, pid: int) -> int:
        """What it holds when it does nothing; less, if it was seen to."""
        if pid not in self.before:
            return self.newborn_bytes
        return min(self.before[pid], self.idle[pid])


class Elsewhere:
    """Memory of a side that is in no heap of its own: shared memory, the heaps of GCS and raylet.

    What has a name in `/dev/shm` or in System V, or lies in another file system in memory, cannot be told
    from what other programs have: all that has come since the side was started counts.

    Args:
        side: A started side.
    """

    def __init__(self, side: Side) -> None:
        self._side = side
        self._cluster_before = 0
        self.before = self._now(is_first=True)

    def now(self) -> int:
        """Bytes beyond those of an idle cluster, at this moment."""
        return self._now(is_first=False)

    def _now(self, *, is_first: bool) -> int:
        with contextlib.suppress(GraderError):
            cluster, pids = self._side.warden.ask("cluster_memory"), self._side.warden.ask("solution_pids")
            stores = shared_files(cluster["pids"])
            files = named_files() | shared_files(pids)
            named = self._side.named
            kept = [max(0, n - named.get(inode, 0)) for inode, n in files.items() if inode not in stores]
            if is_first:
                self._cluster_before = min(cluster["bytes"], cluster["idle_bytes"] + CLUSTER_BEFORE_BYTES)
            grown: int = cluster["bytes"] - self._cluster_before - CLUSTER_GROWTH_BYTES
            return sum(kept) + max(grown, 0)
        return 0


class MemoryWatch:
    """Samples one side in a thread of the judge until it is stopped.

    Args:
        side: A started side.
        limit_bytes: When all processes together hold more than this beyond the start, the one that grew
            most is killed, as Ray's memory monitor would do; None only watches.
    """

    def __init__(self, side: Side, limit_bytes: int | None = None) -> None:
        self._side = side
        self._limit_bytes = limit_bytes
        self._driver_pid = side.driver_pid
        self.held = Held()
        self._over_bytes = 0
        self._workers: set[int] = set()
        self._watched: set[int] = set()
        self._find()
        self._level = self._level_now()
        self._elsewhere = Elsewhere(side)
        self._elsewhere_bytes = self._elsewhere.before
        self._store_base = min(self._store_bytes(), BEFORE_BYTES)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="memory-watch")
        self._thread.start()

    def stop(self) -> None:
        """End the watch; `held` is then complete.

        Raises:
            HeldTooMuch: The limit was exceeded, and a process was killed for it.
        """
        self._ended.set()
        self._thread.join()
        if self._over_bytes:
            assert self._limit_bytes is not None
            raise HeldTooMuch(self._over_bytes, self._limit_bytes)

    def _level_now(self) -> Level:
        before = {pid: n for pid in self._watched if (n := self._bytes_of(pid))}
        workers = [n for pid, n in before.items() if pid in self._workers]
        loaded = min(workers, default=IDLE_WORKER_BYTES)
        worker_bytes = max(IDLE_WORKER_BYTES, min(loaded, IDLE_WORKER_BYTES + LOADED_BYTES))
        idle = dict.fromkeys(before, IDLE_CHILD_BYTES) | dict.fromkeys(self._workers, worker_bytes)
        idle[self._driver_pid] = self._side.idle_driver_bytes
        return Level(idle=idle, before=before, newborn_bytes=worker_bytes)

    def _run(self) -> None:
        find_at_s = 0.0
        while True:
            last = self._ended.is_set()
            if last or time.monotonic() >= find_at_s:
                self._find()
                self._elsewhere_bytes = self._elsewhere.now()
                find_at_s = time.monotonic() + FIND_INTERVAL_S
            self._sample()
            if last:
                return
            self._ended.wait(SAMPLE_INTERVAL_S)

    def _sample(self) -> None:
        held = self.held
        now = {pid: self._bytes_of(pid) for pid in self._watched}
        grown = self._level.grown(now)
        for pid, n in grown.items():
            held.grown_bytes[pid] = max(held.grown_bytes.get(pid, 0), n)
        held.driver_bytes = held.grown_bytes.get(self._driver_pid, 0)
        together = self._level.together(now, self._elsewhere_bytes, self._elsewhere.before)
        held.peak_bytes = max(held.peak_bytes, together)
        held.peak_store_bytes = max(held.peak_store_bytes, self._store_bytes() - self._store_base)
        if self._limit_bytes is not None and together > self._limit_bytes:
            self._over_bytes = self._over_bytes or together
            with contextlib.suppress(GraderError):
                self._side.warden.ask("kill", max(grown, key=lambda pid: grown[pid], default=0))

    def _bytes_of(self, pid: int) -> int:
        """The heap of a process; what it shares with those it was forked from counts in part."""
        is_rays = pid == self._driver_pid or pid in self._workers
        return anonymous_bytes(pid) if is_rays else proportional_bytes(pid)[0]

    def _find(self) -> None:
        """Look for the solution's processes and for those that are workers; keeps what was found before."""
        with contextlib.suppress(GraderError):
            self._watched |= set(self._side.warden.ask("solution_pids"))
            if self._watched - self._workers - {self._driver_pid}:
                self._workers |= self._watched & set(self._side.look("worker_pids").worker_pids)

    def _store_bytes(self) -> int:
        with contextlib.suppress(GraderError):
            return self._side.look("store").store.used_bytes
        return 0
