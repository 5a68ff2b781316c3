"""The warehouse, the price computer and the carrier as the judge runs them: answers, delays, faults."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from pathlib import Path
from typing import Any

import numpy as np

from grader.suite import Call, Entry, KillWorker, OutsideWorld, Refuse, Trial, trouble

PRICE_S = 0.03
IO_S = (0.02, 0.04)
MEET_WITHIN_S = 3.0  # how long the first prices wait for each other
LINGER_S = 1.0  # and then how long they wait for one too many
QUIET_S = 3.0  # calls that wait for each other give up when for so long no other has come
PROBES = 4
PROBE_WITHIN_S = 8.0
STUCK_WITHIN_S = 20.0
WARM_WITHIN_S = 30.0
READY_WITHIN_S = 40.0
MIN_WORKERS, MAX_WORKERS = 4, 6  # started before the clock runs
GUARD_S = 1.15  # how long after its deadline a call is stopped
DIES_WITHIN_S = 2.0  # a worker that is told to end may hang up first; less than SETTLE_S of the suite
PF_EXITING = 0x4  # the kernel's mark, in the flags of /proc/PID/stat (include/linux/sched.h)

STEPS = ("take_back", "reserve", "price", "ship")
NUMBERS = {"take_back": "receipt", "reserve": "reservation", "price": "quote", "ship": "tracking number"}
SHIFT = {"take_back": 0.0, "reserve": 0.25, "price": 0.5, "ship": 0.75}  # an order is not slow in every step

Order = dict[str, Any]


class World(OutsideWorld):
    """The orders of one test. The test sets the attributes before it calls the solution.

    Every answer is a new number, and the next step has to present it: so a tracking number tells from which
    calls it came, and nothing but the answers of these calls leads to it.

    Attributes:
        orders: every order, by id.
        refusals: (operation, order id) -> (kind, reason): the call is refused.
        stuck: (operation, order id) of calls that are never answered.
        kill_at: operation -> number of the call whose caller is killed (once).
        prices_together: this many first prices wait until all of them run, then for one more.
        meet_at: operation -> number of orders that wait in it until all of them do.
        held_back: orders whose `ship` is answered only after every other order has been shipped.
        hold_s: the longest time those are held.
        outlived: stuck calls that ended while the process that had made them lived on.
        ticket: what the judge's own tasks show when they probe for CPUs.
        since: entries before this one belong to an earlier try.
        is_second_try: whether there was one; processes of the first may call until they have died.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.orders: dict[str, Order] = {}
        self.refusals: dict[tuple[str, str], tuple[str, str]] = {}
        self.stuck: set[tuple[str, str]] = set()
        self.kill_at: dict[str, int] = {}
        self.prices_together = 0
        self.meet_at: dict[str, int] = {}
        self.held_back: set[str] = set()
        self.hold_s = 8.0
        self.outlived: list[Entry] = []
        self.since = 0
        self.is_second_try = False
        self._numbers: dict[str, Entry] = {}  # that have been handed out, and in which call
        self._share: dict[str, float] = {}  # how slow each order is, between 0 and 1
        self._met = True
        self._meetings: dict[str, Meeting] = {}
        self._taken: set[str] = set()
        self._rest_shipped = asyncio.Event()
        self.ticket = int(rng.integers(2**53))
        self._probes = 0
        self._warm: set[int] = set()
        self._watches: set[asyncio.Task[None]] = set()

    # -- books -----------------------------------------------------------------------------------------

    def calls(self, orders: list[Order]) -> list[Entry]:
        """All calls of this try for these orders."""
        ids = {order["id"] for order in orders}
        return [e for e in self.ledger.entries()[self.since :] if e.op in STEPS and e.args[0] in ids]

    def calls_behind(self, tracking: str, order_id: str) -> list[Entry]:
        """The calls whose answers led to a tracking number, last one first; empty if nobody handed it out."""
        found: list[Entry] = []
        number: Any = tracking
        for op in reversed(STEPS):
            entry = self._numbers.get(number)
            if entry is None or entry.op != op or entry.args[0] != order_id:
                return [] if number is not None else found
            found.append(self.ledger.entries()[entry.number])
            number = entry.args[1] if len(entry.args) > 1 else None
        return found

    @property
    def watching(self) -> bool:
        """Whether it is still open if a process outlives its stuck call."""
        return any(not watch.done() for watch in self._watches)

    # -- troubles: set up by tests and by `grade.py try` -----------------------------------------------

    def draw_orders(self, rng: np.random.Generator, n: int, *, customers: int) -> list[Order]:
        """Make ordinary orders, spread evenly over the customers."""
        numbers = rng.choice(np.arange(10_000, 100_000), size=2 * n + 100, replace=False)
        new = [f"A-{number}" for number in numbers if f"A-{number}" not in self.orders][:n]
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
        self.orders |= {order["id"]: order for order in orders}
        ids = rng.permutation([order["id"] for order in orders]).tolist()
        self._share |= {order_id: (i + 0.5) / len(ids) for i, order_id in enumerate(ids)}  # equal in sum

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
    def all_wait(
        self,
        rng: np.random.Generator,
        n: int = 100,
        customers: int = 7,
        within_s: float = 20.0,
        orders: list[Order] | None = None,
    ) -> Trial:
        """A hundred orders wait in `reserve` until all of them do, and again in `ship`."""
        batch = self._orders(rng, n, orders, customers)
        self.meet_at = {"reserve": len(batch), "ship": len(batch)}
        return self._trial(batch, within_s)

    @trouble
    def dead_workers(
        self,
        rng: np.random.Generator,
        n: int = 6,
        customers: int = 3,
        within_s: float = 8.0,
        orders: list[Order] | None = None,
    ) -> Trial:
        """One worker dies in a reservation, one in a price and one in a shipment."""
        batch = self._orders(rng, n, orders, customers)
        self.kill_at = {op: int(rng.integers(max(len(batch), 1))) for op in ("reserve", "price", "ship")}
        return self._trial(batch, within_s)

    # -- operations ------------------------------------------------------------------------------------

    async def take_back(self, call: Call, order_id: str) -> str:
        """Operation: book in the goods that come back with an exchange."""
        await self._io(call, order_id)
        return self._number(call)

    async def reserve(self, call: Call, order_id: str, receipt: str | None) -> str:
        """Operation: set an order's goods aside."""
        if self._order(order_id).get("kind") == "exchange" or receipt is not None:
            self._check("take_back", order_id, receipt)
        await self._io(call, order_id)
        return self._number(call)

    async def price(self, call: Call, order_id: str, reservation: str) -> str:
        """Operation: answer with the number of a quote."""
        self._check("reserve", order_id, reservation)
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
        return self._number(call)

    async def ship(self, call: Call, order_id: str, quote: str) -> str:
        """Operation: hand an order to the carrier."""
        self._check("price", order_id, quote)
        await self._io(call, order_id)
        if order_id in self.held_back:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._rest_shipped.wait(), self.hold_s)
        else:
            self._taken.add(order_id)
            if len(self._taken) == len(self.orders) - len(self.held_back):
                self._rest_shipped.set()
        return self._number(call)

    async def probe(self, _call: Call, ticket: int) -> None:
        """Operation of a scenario: meet the other three, each on its own CPU."""
        if ticket != self.ticket:
            raise Refuse("NoTicket", "only the judge's own tasks probe for CPUs")
        self._probes += 1
        await self.until(lambda: self._probes >= PROBES, within_s=PROBE_WITHIN_S)

    async def warm(self, call: Call, n_workers: int) -> None:
        """Operation of a scenario: hold this many workers until all of them are there."""
        self._warm.add(call.pid)
        await self.until(lambda: len(self._warm) >= n_workers, within_s=WARM_WITHIN_S)

    async def all_stuck(self, _call: Call) -> None:
        """Operation of a scenario: wait until every call that will be stuck has been made."""
        await self.until(lambda: self.stuck <= self._hopeless(), within_s=STUCK_WITHIN_S)

    def _hopeless(self) -> set[tuple[str, str]]:
        return {(entry.op, entry.args[0]) for entry in self.ledger.entries() if entry.is_hopeless}

    def _order(self, order_id: str) -> Order:
        if order_id not in self.orders:
            raise Refuse("UnknownOrder", f"there is no order {order_id}")
        return self.orders[order_id]

    def _number(self, call: Call) -> str:
        number = f"{call.entry.op[0].upper()}-{secrets.token_hex(5)}"
        self._numbers[number] = call.entry
        return number

    def _check(self, op: str, order_id: str, number: str | None) -> None:
        """Refuse a number that was not handed out to this order by the step before."""
        entry = self._numbers.get(number or "")
        if entry is None or entry.op != op or entry.args[0] != order_id:
            raise Refuse("UnknownNumber", f"{number} is no {NUMBERS[op]} of order {order_id}")

    async def _io(self, call: Call, order_id: str) -> None:
        await self._faults(call, order_id)
        op = call.entry.op
        if op in self.meet_at:
            meeting = self._meetings.setdefault(op, Meeting(self.meet_at[op]))
            await meeting.join(order_id)
        share = (self._share[order_id] + SHIFT[op]) % 1.0
        await asyncio.sleep(IO_S[0] + share * (IO_S[1] - IO_S[0]))
        if (op, order_id) in self.refusals:
            raise Refuse(*self.refusals[op, order_id])

    async def _faults(self, call: Call, order_id: str) -> None:
        self._order(order_id)
        if (call.entry.op, order_id) in self.stuck:
            await self._never(call)
        if self.kill_at.get(call.entry.op) == call.number:
            raise KillWorker

    async def _never(self, call: Call) -> None:
        """Never return. When the caller hangs up, see whether that was because it died."""
        try:
            await call.never()
        finally:
            self._watches.add(asyncio.create_task(self._watch(call.entry)))

    async def _watch(self, entry: Entry) -> None:
        give_up_s = time.monotonic() + DIES_WITHIN_S
        while _lives(entry.pid):
            if time.monotonic() > give_up_s:
                self.outlived.append(entry)
                return
            await asyncio.sleep(0.02)


class Meeting:
    """Calls that wait for each other; once they have met, or nobody else comes, nobody waits any more.

    Args:
        n_orders: How many different orders it takes.
    """

    def __init__(self, n_orders: int) -> None:
        self._n_orders = n_orders
        self._here: set[str] = set()
        self._over = asyncio.Event()
        self._came_s = 0.0

    async def join(self, order_id: str) -> None:
        """Wait for the others."""
        self._here.add(order_id)
        self._came_s = time.monotonic()
        if len(self._here) >= self._n_orders:
            self._over.set()
        while not self._over.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._over.wait(), QUIET_S)
            if time.monotonic() - self._came_s > QUIET_S:
                self._over.set()


def _lives(pid: int) -> bool:
    """Whether a process is there and not about to end; its first thread may have ended before the others."""
    for stat in Path(f"/proc/{pid}/task").glob("*/stat"):
        with contextlib.suppress(OSError):
            state, *numbers = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            if state not in "ZX" and not int(numbers[5]) & PF_EXITING:
                return True
    return False
