"""Looks, while a world holds its callers, whether anything can still come: see `explain.standstill`."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING

from grader.errors import GraderError
from grader.explain.snapshot import CLUSTER_TABLES, take_snapshot
from grader.explain.standstill import Fingerprint, all_at_rest, fingerprint, may_start
from grader.system.machine import is_crowded
from grader.world.outside import OutsideWorld

if TYPE_CHECKING:
    from grader.side.side import Side

LOOK_INTERVAL_S = 0.25


class StandstillWatch:
    """Watches one world; certain once two looks, some time apart, see the same standstill.

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
        held = tuple(call.number for call in self._world.open())
        if not held or len(held) != self._world.n_held:
            self._before = None
            return False
        if held == self._certain_for:
            return True
        busy = self._looking is not None and self._looking.is_alive()
        if not busy and time.monotonic() - self._looked_s > LOOK_INTERVAL_S:
            self._looked_s = time.monotonic()
            self._looking = threading.Thread(target=self._look, args=(held,), daemon=True, name="standstill")
            self._looking.start()
        return False

    def _look(self, held: tuple[int, ...]) -> None:
        seen = None
        if not is_crowded():
            with contextlib.suppress(GraderError):  # the side is being replaced, or does not answer
                seen = self._seen()
        if seen is not None and seen == self._before:
            self._certain_for = held
        self._before = seen

    def _seen(self) -> Fingerprint | None:
        """What a standstill looks like now; None when it is none."""
        tables = self._side.look(*CLUSTER_TABLES, "workers")
        if may_start(tables):
            return None
        calls = self._world.open()
        seen = take_snapshot(tables, calls, self._side.driver_pid, self._side.rig.stacks_of)
        if not all_at_rest(seen, {call.pid for call in calls}):
            return None
        return fingerprint(seen, self._world.ledger.count())
