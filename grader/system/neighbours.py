"""How much of this machine's CPU time goes to processes that are not this grading's own.

A solution must not be able to make its machine look crowded, for crowded machines get longer deadlines. So
what this process and its descendants use is left out: a side's warden adopts what its processes orphan, and
what has ended is counted with its parent.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from dataclasses import dataclass

import psutil

from grader.system.own_cpus import pinned_cpus
from grader.system.threads import used_s

SAMPLE_INTERVAL_S = 2.0
N_SAMPLES = 6  # ten seconds, as long as the shortest average of the kernel's pressure
_NOT_WORK = ("idle", "iowait")
_COUNTED_TWICE = ("guest", "guest_nice")  # contained in user and nice


@dataclass(frozen=True, slots=True)
class CpuUse:
    """CPU seconds until now, of all CPUs together, or of those that this process is pinned to.

    Args:
        passed_s: That there were.
        busy_s: Of these, used by anything; also by other guests of the same host, where that is told.
        own_s: Of these, used by this process and its descendants.
    """

    passed_s: float
    busy_s: float
    own_s: float


def cpu_use() -> CpuUse:
    """What has been used until now. Takes some milliseconds: it looks at every process."""
    passed, busy = _of_all_cpus()
    return CpuUse(passed, busy, _own_s())


def busy_s() -> float:
    """The same for all that was used, without looking at any process: takes a fraction of a millisecond."""
    return _of_all_cpus()[1]


def _of_all_cpus() -> tuple[float, float]:
    """CPU seconds that there were until now, and those that were used; of the pinned CPUs if it is pinned."""
    pinned = pinned_cpus()
    looked_at = [psutil.cpu_times()]
    if pinned:
        each = psutil.cpu_times(percpu=True)
        looked_at = [each[cpu] for cpu in pinned if cpu < len(each)]
    passed = busy = 0.0
    for times in looked_at:
        seconds = times._asdict()
        there_were = sum(used for what, used in seconds.items() if what not in _COUNTED_TWICE)
        passed += there_were
        busy += there_were - sum(seconds.get(what, 0.0) for what in _NOT_WORK)
    return passed, busy


def share_of_others(before: CpuUse, after: CpuUse) -> float:
    """Share of all CPU time between two looks, 0 to 1, that went to processes which are not our own."""
    passed = after.passed_s - before.passed_s
    others = (after.busy_s - before.busy_s) - (after.own_s - before.own_s)
    return min(max(others / passed, 0.0), 1.0) if passed > 0 else 0.0


def _own_s() -> float:
    me = psutil.Process()
    used = 0.0
    for process in [me, *me.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):  # it has just ended: its parent has its seconds
            used += sum(process.cpu_times()[:4])  # its own, and those of its children that have ended
            if process.status() == psutil.STATUS_ZOMBIE:
                used += used_s(process.pid)
    return used


class Neighbours:
    """What others have been using lately, sampled in a thread of its own from the first question on."""

    def __init__(self) -> None:
        self._samples: deque[CpuUse] = deque(maxlen=N_SAMPLES)
        self._started = threading.Lock()

    def share(self) -> float | None:
        """Share of the last seconds' CPU time that others took; None right after the first question."""
        if self._started.acquire(blocking=False):
            self._samples.append(cpu_use())
            threading.Thread(target=self._run, daemon=True, name="neighbours").start()
        seen = list(self._samples)
        return share_of_others(seen[0], seen[-1]) if len(seen) > 1 else None

    def _run(self) -> None:
        while True:
            time.sleep(SAMPLE_INTERVAL_S)
            self._samples.append(cpu_use())
