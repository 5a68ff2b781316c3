"""Watches from outside what a side's processes and object store hold in memory; kills what holds too much.

What counts is resident anonymous memory (RssAnon): the heap. The object store's shared memory and mapped
files are not part of it, so reading a large array from the store or mapping a file costs a process nothing.
"""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass, field

from grader.errors import GraderError
from grader.side.observation import HeldTooMuch
from grader.side.side import Side
from grader.system.processes import anonymous_bytes

SAMPLE_INTERVAL_S = 0.05
FIND_INTERVAL_S = 0.25
IDLE_WORKER_BYTES = 57_000_000  # a worker of Ray 2.60 with NumPy that has done nothing


@dataclass(slots=True)
class Held:
    """What was held beyond the level at the start of a block; filled when the block ends.

    Attributes:
        grown_bytes: By pid, the most that a process held beyond what it held at the start. One that started
            inside the block counts from what an idle worker holds.
        driver_bytes: The same for the driver alone.
        peak_bytes: The most that all processes together held beyond the start.
        peak_store_bytes: The most that was used in the object store beyond the start.
    """

    grown_bytes: dict[int, int] = field(default_factory=dict)
    driver_bytes: int = 0
    peak_bytes: int = 0
    peak_store_bytes: int = 0


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
        self._base = {pid: anonymous_bytes(pid) for pid in self._pids()}
        workers = [n for pid, n in self._base.items() if pid != self._driver_pid and n]
        self._newborn_bytes = min(workers, default=IDLE_WORKER_BYTES)
        self._store_base = self._store_bytes()
        self._watched = dict.fromkeys(self._base, 0)
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

    def _run(self) -> None:
        find_at_s = 0.0
        while True:
            last = self._ended.is_set()
            if last or time.monotonic() >= find_at_s:
                for pid in self._pids():
                    self._watched.setdefault(pid, 0)
                find_at_s = time.monotonic() + FIND_INTERVAL_S
            self._sample()
            if last:
                return
            self._ended.wait(SAMPLE_INTERVAL_S)

    def _sample(self) -> None:
        held = self.held
        now = {pid: anonymous_bytes(pid) for pid in self._watched}
        grown = {pid: n - self._base.get(pid, self._newborn_bytes) for pid, n in now.items() if n}
        for pid, n in grown.items():
            held.grown_bytes[pid] = max(held.grown_bytes.get(pid, 0), n)
        held.driver_bytes = held.grown_bytes.get(self._driver_pid, 0)
        together = sum(n for n in grown.values() if n > 0)
        held.peak_bytes = max(held.peak_bytes, together)
        held.peak_store_bytes = max(held.peak_store_bytes, self._store_bytes() - self._store_base)
        if self._limit_bytes is not None and together > self._limit_bytes:
            self._over_bytes = self._over_bytes or together
            with contextlib.suppress(GraderError):
                self._side.warden.ask("kill", max(grown, key=lambda pid: grown[pid]))

    def _pids(self) -> list[int]:
        """The solution's processes; none while the side is being replaced."""
        with contextlib.suppress(GraderError):
            pids: list[int] = self._side.warden.ask("solution_pids")
            return pids
        return []

    def _store_bytes(self) -> int:
        with contextlib.suppress(GraderError):
            return self._side.look("store").store.used_bytes
        return 0
