"""The warehouse, the price computer and the carrier as the judge runs them: answers, delays, faults."""

from __future__ import annotations

import asyncio
import contextlib
import zlib
from typing import Any

import numpy as np

from grader.suite import Call, KillWorker, OutsideWorld, Refuse, Trial, trouble

PRICE_S = 0.03
IO_S = (0.02, 0.04)
MEET_WITHIN_S = 2.0  # how long the first prices wait for each other
LINGER_S = 1.0  # and then how long they wait for one too many
PROBES = 4
PROBE_WITHIN_S = 8.0
WARM_WITHIN_S = 30.0
READY_WITHIN_S = 40.0
MIN_WORKERS, MAX_WORKERS = 4, 6  # started before the clock runs
GUARD_S = 1.15  # how long after its deadline a call is stopped

Order = dict[str, Any]


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

    # -- troubles: set up by tests and by `grade.py try` -----------------------------------------------

    def draw_orders(self, rng: np.random.Generator, n: int, *, customers: int) -> list[Order]:
        """Make ordinary orders, spread evenly over the customers, with their amounts."""
        numbers = rng.choice(np.arange(10_000, 100_000), size=2 * n + 100, replace=False)
        new = [f"A-{number}" for number in numbers if f"A-{number}" not in self.amounts][:n]
        names = rng.choice(np.arange(10, 100), size=customers, replace=False)
        orders = [
            {
                "id": order_id,
                "customer": f"c-{names[i % customers]}",
                "kind": "sale",
                "express": False,
                "hazardous": False,
                "lines": [
                    {"sku": f"sku-{rng.integers(10, 100)}", "quantity": int(rng.integers(1, 9))}
                    for _ in range(rng.integers(1, 4))
                ],
            }
            for i, order_id in enumerate(new)
        ]
        self._know(rng, orders)
        return orders

    def _know(self, rng: np.random.Generator, orders: list[Order]) -> None:
        self.amounts |= {order["id"]: int(rng.integers(100, 100_000)) for order in orders}

    def _orders(
        self, rng: np.random.Generator, n: int, given: list[Order] | None, customers: int
    ) -> list[Order]:
        """The orders that were given, or new ones."""
        if not given:
            return self.draw_orders(rng, n, customers=customers)
        self._know(rng, given)
        return given

    def _trial(self, orders: list[Order], within_s: float) -> Trial:
        n_workers = min(max(len(orders), MIN_WORKERS), MAX_WORKERS)
        return Trial.scenario(
            "process", orders=orders, within_s=within_s, deadline_s=within_s + GUARD_S
        ).after(Trial.scenario("ready", n_workers=n_workers, deadline_s=READY_WITHIN_S))

    @trouble
    def none(
        self,
        rng: np.random.Generator,
        n: int = 8,
        customers: int = 6,
        within_s: float = 2.5,
        orders: list[Order] | None = None,
    ) -> Trial:
        """Nothing goes wrong."""
        return self._trial(self._orders(rng, n, orders, customers), within_s)

    @trouble
    def odd_orders(self, rng: np.random.Generator, within_s: float = 2.5) -> Trial:
        """An exchange, an express order and a hazardous one are among the others."""
        orders = self.draw_orders(rng, 6, customers=3)
        orders[1]["kind"] = "exchange"
        orders[2]["express"] = orders[4]["hazardous"] = True
        return self._trial(orders, within_s)

    @trouble
    def refused_orders(
        self,
        rng: np.random.Generator,
        n: int = 6,
        customers: int = 2,
        within_s: float = 2.5,
        orders: list[Order] | None = None,
    ) -> Trial:
        """One order is out of stock, another has no address to go to."""
        batch = self._orders(rng, n, orders, customers)
        no_stock, no_address = batch[min(1, len(batch) - 1)], batch[-2]
        self.refusals["reserve", no_stock["id"]] = (
            "OutOfStock",
            f"{no_stock['lines'][0]['sku']} is out of stock until week {rng.integers(53)}",
        )
        self.refusals["ship", no_address["id"]] = (
            "BadAddress",
            f"no door {rng.integers(100, 1000)} in the street of {no_address['customer']}",
        )
        return self._trial(batch, within_s)

    @trouble
    def stuck_price(
        self,
        rng: np.random.Generator,
        n: int = 8,
        customers: int = 3,
        within_s: float = 2.5,
        orders: list[Order] | None = None,
    ) -> Trial:
        """The price of one order never comes."""
        return self._stuck(self._orders(rng, n, orders, customers), ["price"], within_s)

    @trouble
    def stuck_ships(
        self,
        rng: np.random.Generator,
        n: int = 14,
        customers: int = 3,
        within_s: float = 2.5,
        orders: list[Order] | None = None,
    ) -> Trial:
        """The shipments of six orders never return."""
        return self._stuck(self._orders(rng, n, orders, customers), ["ship"] * 6, within_s)

    @trouble
    def stuck_steps(
        self,
        rng: np.random.Generator,
        n: int = 9,
        customers: int = 2,
        within_s: float = 2.5,
        orders: list[Order] | None = None,
    ) -> Trial:
        """Two prices, a shipment and a reservation never return."""
        steps = rng.permutation(["price", "price", "ship", "reserve"]).tolist()
        return self._stuck(self._orders(rng, n, orders, customers), steps, within_s)

    def _stuck(self, orders: list[Order], steps: list[str], within_s: float) -> Trial:
        """Have the first orders get stuck, each at its step."""
        self.stuck = {(step, order["id"]) for step, order in zip(steps, orders, strict=False)}
        told = ", ".join(f"{step}({order_id})" for step, order_id in sorted(self.stuck))
        return self._trial(orders, within_s).noting(f"never answered: {told}")

    @property
    def stuck_ids(self) -> set[str]:
        """Orders with a call that is never answered."""
        return {order_id for _, order_id in self.stuck}

    @trouble
    def slow_carriers(
        self,
        rng: np.random.Generator,
        n: int = 20,
        customers: int = 5,
        within_s: float = 20.0,
        orders: list[Order] | None = None,
    ) -> Trial:
        """Three shipments are answered only when all others have been, or after eight seconds."""
        batch = self._orders(rng, n, orders, customers)
        self.held_back = {order["id"] for order in batch[:3]}
        return self._trial(batch, within_s).noting(f"slow: ship of {', '.join(sorted(self.held_back))}")

    @trouble
    def dead_workers(
        self,
        rng: np.random.Generator,
        n: int = 6,
        customers: int = 3,
        within_s: float = 4.5,
        orders: list[Order] | None = None,
    ) -> Trial:
        """One worker dies in a price, another in a shipment."""
        self.kill_at = {"price": 2, "ship": 1}
        return self._trial(self._orders(rng, n, orders, customers), within_s)

    # -- operations ------------------------------------------------------------------------------------

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
