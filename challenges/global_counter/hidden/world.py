"""The desks as the judge runs them: people who were never there before, and every ticket."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from grader.suite import Call, Entry, OutsideWorld, Refuse, Trial, trouble

WAIT_S = 0.01
GUARD_S = 2.0
SIDE_BY_SIDE = 2  # there are 2 CPUs


class Ticket(NamedTuple):
    """A ticket that was printed, with the line of the books."""

    buyer: str
    seat: int
    entry: Entry


class World(OutsideWorld):
    """People at desks, and a printer.

    Desks work in step for a while: a desk gets its buyer when another one has asked for one too.

    Attributes:
        waiting: How many people wait, by desk.
        came: Who was called, in order, and by which process.
        tickets: What was printed, in order.
        n_in_step: How many buyers are called in pairs.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.waiting: Counter[int] = Counter()
        self.came: dict[str, int] = {}
        self.tickets: list[Ticket] = []
        self.n_in_step = SIDE_BY_SIDE
        self._n_called = 0
        self._holds = True

    # -- inputs, and what goes wrong with them: for the suite and for `grade.py try` ---------------------

    def draw_desks(self, rng: np.random.Generator, n_buyers: int, n: int = SIDE_BY_SIDE) -> list[int]:
        """New desks with this many people at each."""
        desks: list[int] = []
        while len(desks) < n:
            desk = int(rng.integers(10_000))
            if desk not in self.waiting:
                self.waiting[desk] = n_buyers
                desks.append(desk)
        return desks

    @trouble
    def none(self, rng: np.random.Generator, n_buyers: int = 3, seats: int = 20) -> Trial:
        """Nothing goes wrong: there are seats for all."""
        desks = self.draw_desks(rng, n_buyers)
        self.n_in_step = 0
        steps = [["new_sale", "concert", seats], ["sell", "concert", desks], ["seats_left", "concert"]]
        return Trial.scenario("script", steps=steps, deadline_s=20.0)

    @trouble
    def in_step(self, rng: np.random.Generator, n_buyers: int = 3, seats: int = 20) -> Trial:
        """Two desks always get their buyers at the same moment."""
        trial = self.none(rng, n_buyers, seats)
        self.n_in_step = SIDE_BY_SIDE * n_buyers
        return trial

    @trouble
    def sold_out(self, rng: np.random.Generator) -> Trial:
        """Two desks in step, and a seat less than there are people in the fourth pair."""
        trial = self.none(rng, 6, 7)
        self.n_in_step = 8
        return trial.noting("there are 7 seats for 12 people")

    # -- operations --------------------------------------------------------------------------------------

    async def next_buyer(self, call: Call, desk: int) -> str | None:
        """Operation: the next person at a desk; None when nobody is left."""
        if self.waiting[desk] == 0:
            return None
        self.waiting[desk] -= 1
        number, self._n_called = self._n_called, self._n_called + 1
        if number < self.n_in_step:
            await self._held(lambda: self._n_called > number // 2 * 2 + 1)
        await asyncio.sleep(WAIT_S)
        buyer = f"buyer {self.rng.integers(10**9):09d}"
        self.came[buyer] = call.pid
        return buyer

    async def print_ticket(self, call: Call, buyer: str, seat: int) -> None:
        """Operation: a ticket is printed; the first one waits for another printer to work too."""
        if buyer not in self.came:
            raise Refuse("NobodyOfThisName", buyer)
        self.tickets.append(Ticket(buyer, seat, call.entry))
        if self.n_in_step:
            await self._held(lambda: self.ledger.peak("print_ticket") >= SIDE_BY_SIDE)
        await asyncio.sleep(WAIT_S)

    async def _held(self, condition: Callable[[], bool]) -> None:
        """Wait for another desk; once nobody came, nobody waits any more."""
        if self._holds:
            self._holds = await self.until(condition, within_s=GUARD_S)
