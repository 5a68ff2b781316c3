"""The warehouse, the price computer and the carrier as the judge runs them: answers, delays, faults."""

from __future__ import annotations

import asyncio
import contextlib
import zlib

import numpy as np

from grader.suite import Call, KillWorker, OutsideWorld, Refuse

PRICE_S = 0.03
IO_S = (0.02, 0.04)
MEET_WITHIN_S = 2.0  # how long the first prices wait for each other
LINGER_S = 1.0  # and then how long they wait for one too many
PROBES = 4
PROBE_WITHIN_S = 8.0
WARM_WITHIN_S = 30.0


class World(OutsideWorld):
    """The orders of one test. The test sets the attributes before it calls the solution.

    Attributes:
        amounts: cents by order id, which is what `price` answers.
        refusals: (operation, order id) -> (kind, reason): the call is refused.
        stuck: (operation, order id) of calls that are never answered.
        kill_at: operation -> number of the call whose caller is killed (once).
        prices_together: this many first prices wait until all of them run, then for one more.
        held_back: orders whose `ship` is answered only after every other order has been shipped.
        hold_s: the longest time those are held.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.amounts: dict[str, int] = {}
        self.refusals: dict[tuple[str, str], tuple[str, str]] = {}
        self.stuck: set[tuple[str, str]] = set()
        self.kill_at: dict[str, int] = {}
        self.prices_together = 0
        self.held_back: set[str] = set()
        self.hold_s = 8.0
        self._met = True
        self._taken: set[str] = set()
        self._rest_shipped = asyncio.Event()
        self._probes = 0
        self._warm: set[int] = set()

    async def take_back(self, call: Call, order_id: str) -> str:
        """Operation: book in the goods that come back with an exchange."""
        await self._io(call, order_id)
        return f"back-{order_id}"

    async def reserve(self, call: Call, order_id: str) -> str:
        """Operation: set an order's goods aside."""
        await self._io(call, order_id)
        return f"held-{order_id}"

    async def price(self, call: Call, order_id: str) -> int:
        """Operation: answer an order's amount in cents."""
        await self._faults(call, order_id)
        if call.number < self.prices_together and self._met:
            self._met = await self.until(
                lambda: not self._met or len(self.open("price")) >= self.prices_together,
                within_s=MEET_WITHIN_S,
            )
            await self.until(
                lambda: not self._met or len(self.open("price")) > self.prices_together,
                within_s=LINGER_S,
            )
        await asyncio.sleep(PRICE_S)
        return self.amounts[order_id]

    async def ship(self, call: Call, order_id: str) -> str:
        """Operation: hand an order to the carrier."""
        await self._io(call, order_id)
        if order_id in self.held_back:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._rest_shipped.wait(), self.hold_s)
        else:
            self._taken.add(order_id)
            if len(self._taken) == len(self.amounts) - len(self.held_back):
                self._rest_shipped.set()
        return f"track-{order_id}"

    async def probe(self, call: Call) -> None:
        """Operation of a scenario: meet the other three, each on its own CPU."""
        self._probes = call.number + 1
        await self.until(lambda: self._probes >= PROBES, within_s=PROBE_WITHIN_S)

    async def warm(self, call: Call, n_workers: int) -> None:
        """Operation of a scenario: hold this many workers until all of them are there."""
        self._warm.add(call.pid)
        await self.until(lambda: len(self._warm) >= n_workers, within_s=WARM_WITHIN_S)

    async def _io(self, call: Call, order_id: str) -> None:
        await self._faults(call, order_id)
        share = zlib.crc32(f"{call.entry.op} {order_id}".encode()) % 1000 / 1000
        await asyncio.sleep(IO_S[0] + share * (IO_S[1] - IO_S[0]))
        if (call.entry.op, order_id) in self.refusals:
            raise Refuse(*self.refusals[call.entry.op, order_id])

    async def _faults(self, call: Call, order_id: str) -> None:
        if order_id not in self.amounts:
            raise Refuse("UnknownOrder", f"there is no order {order_id}")
        if (call.entry.op, order_id) in self.stuck:
            await call.never()
        if self.kill_at.get(call.entry.op) == call.number:
            raise KillWorker
