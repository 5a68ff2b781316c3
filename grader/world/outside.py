"""What authors derive a challenge's world from, and what its operations may do to a caller.

A challenge's `hidden/world.py` derives `World` from `OutsideWorld`; each public async method is an operation
that the solution's `service.py` can ask for. An operation answers, waits, refuses, or kills the caller.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from grader.system.machine import stretched
from grader.world.ledger import Entry, Ledger
from grader.world.operations import declared

SURELY_HELD_S = 0.3  # by then a correct program has usually done what it is waited for
_POLL_S = 0.002


class Refuse(Exception):  # noqa: N818 - the world's answer, raised on purpose by worlds
    """Raised in an operation: the caller gets `service_link.Refused(kind, detail)`."""

    def __init__(self, kind: str, detail: Any = None) -> None:
        super().__init__(kind, detail)
        self.kind = kind
        self.detail = detail


class KillWorker(Exception):  # noqa: N818 - an order, not an error
    """Raised in an operation: the judge kills the calling process, which never gets an answer."""


class Call:
    """One operation in progress, as its handler sees it.

    Args:
        entry: Its line in the ledger.
        number: How many operations of the same name came before it.
        ledger: Where its line is.
    """

    def __init__(self, entry: Entry, number: int, ledger: Ledger) -> None:
        self.entry = entry
        self.number = number
        self._ledger = ledger

    @property
    def pid(self) -> int:
        """The calling process, according to the kernel."""
        return self.entry.pid

    async def never(self) -> None:
        """Never return; the wait ends with the caller's connection."""
        self._ledger.give_up(self.entry)
        await asyncio.Event().wait()


class OutsideWorld:
    """Base class of a challenge's world. A new one serves each test and each round of a race.

    Args:
        rng: Source of this world's contents; equal generators give equal worlds.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.ledger = Ledger()
        self.operations = declared(type(self), OutsideWorld)
        self.n_held = 0  # calls that wait for a condition now
        self._killed_for: set[Hashable] = set()
        # Both are set by the side that calls this world.
        self.nothing_can_come: Callable[[], bool] = lambda: False
        self.worker_pids: Callable[[], set[int]] = set  # processes that are or were Ray workers of that side

    async def ended(self, call: Call, result: Any) -> None:
        """Take note of what came out of work that was `service_link.witnessed`; may refuse or kill.

        Args:
            call: The operation that the work began with.
            result: Whatever the caller says: plain data of any form.
        """

    def open(self, op: str | None = None) -> list[Entry]:
        """Entries of operations that are running now."""
        return self.ledger.entries(op, "open")

    def kill_caller(self, key: Hashable) -> None:
        """In an operation: kill the caller, but only the first one for each key.

        Raises:
            KillWorker: Nobody has been killed for this key yet.
        """
        if key not in self._killed_for:
            self._killed_for.add(key)
            raise KillWorker

    def rearm(self, key: Hashable) -> None:
        """Kill once more for a key: for instance where the work of the one that was killed is not used."""
        self._killed_for.discard(key)

    async def until(
        self, condition: Callable[[], bool], within_s: float = 5.0, *, since_s: float | None = None
    ) -> bool:
        """Wait for a condition; False when the time has gone by without it, or when it can never come.

        Args:
            condition: What to wait for.
            within_s: How long; longer on a crowded machine.
            since_s: Monotonic time to count from; None means now.
        """
        start_s = time.monotonic() if since_s is None else since_s
        self.n_held += 1
        try:
            while not condition():
                waited_s = time.monotonic() - start_s
                if waited_s >= within_s and waited_s >= stretched(within_s):
                    return False
                if waited_s >= SURELY_HELD_S and self.nothing_can_come():
                    return False
                await asyncio.sleep(_POLL_S)
            return True
        finally:
            self.n_held -= 1
