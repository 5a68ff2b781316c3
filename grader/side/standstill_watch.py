"""Looks whether anything can still move on a side, while the world holds callers or the judge waits.

What a standstill is, `explain.standstill` says. It is certain once two looks, some time apart, see the same.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import psutil

from grader.errors import GraderError
from grader.explain.snapshot import CLUSTER_TABLES, take_snapshot
from grader.explain.standstill import Fingerprint, all_at_rest, fingerprint, may_start
from grader.system.machine import is_crowded
from grader.system.neighbours import busy_s
from grader.world.outside import OutsideWorld

if TYPE_CHECKING:
    from grader.side.side import Side

LOOK_INTERVAL_S = 0.25
APART_S = 0.75  # between two looks that end a call: a call that was lost costs more than one that was held
BUSY = 0.3  # CPUs that a side uses which computes; one that only waits uses a tenth of that
CLOSER_LOOK_AFTER_S = 1.0  # without a question; until then, a machine that computes is taken for the side


def look_for_standstill(side: Side, world: OutsideWorld | None) -> Fingerprint | None:
    """What a side's standstill looks like now; None when it is none, or when nobody can tell."""
    if is_crowded():
        return None
    with contextlib.suppress(GraderError):  # the side is being replaced, or does not answer
        tables = side.look(*CLUSTER_TABLES, "workers", "store")
        if may_start(tables) or tables.store.spilled_bytes:  # the raylet may be reading it back
            return None
        calls = world.open() if world is not None else []
        seen = take_snapshot(tables, calls, side.driver_pid, side.rig.stacks_of)
        if all_at_rest(seen, {call.pid for call in calls}):
            return fingerprint(seen, _n_asked(world))
    return None


def _n_asked(world: OutsideWorld | None) -> int:
    return world.ledger.count() if world is not None else 0


class GateWatch:
    """Watches a world that holds callers until a condition is met.

    Args:
        side: Whose processes call the world.
        world: Which holds them.
    """

    def __init__(self, side: Side, world: OutsideWorld) -> None:
        self._side, self._world = side, world
        self._before: Fingerprint | None = None
        self._certain_for: tuple[int, ...] = ()
        self._looked_s = 0.0
        self._looking: threading.Thread | None = None

    def is_certain(self) -> bool:
        """Whether nothing can come any more; asked often, answers at once, and looks in a thread."""
        waiting = [call for call in self._world.open() if not call.is_hopeless]
        held = tuple(call.number for call in waiting)
        if not held or len(held) != self._world.n_held:
            self._before = None
            return False
        if held == self._certain_for:
            return True
        busy = self._looking is not None and self._looking.is_alive()
        if not busy and time.monotonic() - self._looked_s > LOOK_INTERVAL_S:
            self._looked_s = time.monotonic()
            self._looking = threading.Thread(target=self._look, args=(held,), daemon=True, name="gate-watch")
            self._looking.start()
        return False

    def _look(self, held: tuple[int, ...]) -> None:
        seen = look_for_standstill(self._side, self._world)
        if seen is not None and seen == self._before:
            self._certain_for = held
        self._before = seen


class CallWatch:
    """Watches a call into the solution, which the judge waits for.

    Args:
        side: That was called.
        world: Which its processes may be asking.
    """

    def __init__(self, side: Side, world: OutsideWorld | None) -> None:
        self._side, self._world = side, world
        self._before: Fingerprint | None = None
        self._since_s = 0.0  # when the standstill was first seen
        self._n_asked = -1
        self._asked_s = time.monotonic()  # when something was asked for the last time
        self._machine = _CpuMeter(busy_s)
        self._own = _CpuMeter(partial(_own_cpu_s, side))

    def is_certain(self) -> bool:
        """Whether the call can never return; asked every now and then, looks only where nothing moves."""
        seen = look_for_standstill(self._side, self._world) if self._is_still() else None
        if seen is None or seen != self._before:
            self._before, self._since_s = seen, time.monotonic()
            return False
        return time.monotonic() - self._since_s >= APART_S

    def _is_still(self) -> bool:
        """Whether nothing is asked and next to nothing computed; hardly disturbs a call that is timed."""
        if self._world is not None and not all(call.is_hopeless for call in self._world.open()):
            return False
        if self._n_asked != (n_asked := _n_asked(self._world)):
            self._n_asked, self._asked_s = n_asked, time.monotonic()
            return False
        if self._machine.is_idle():
            return True
        return time.monotonic() - self._asked_s > CLOSER_LOOK_AFTER_S and self._own.is_idle()


class _CpuMeter:
    """Whether little was computed since the last time."""

    def __init__(self, cpu_s: Callable[[], float]) -> None:
        self._cpu_s = cpu_s
        self._before = (time.monotonic(), math.inf)

    def is_idle(self) -> bool:
        (before_s, before_cpu_s), now = self._before, (time.monotonic(), self._cpu_s())
        self._before = now
        return abs(now[1] - before_cpu_s) < BUSY * (now[0] - before_s)


def _own_cpu_s(side: Side) -> float:
    """CPU seconds that the solution's living processes have used."""
    used = 0.0
    with contextlib.suppress(GraderError):
        for pid in side.warden.ask("solution_pids"):
            with contextlib.suppress(psutil.Error):
                used += sum(psutil.Process(pid).cpu_times()[:2])
    return used
