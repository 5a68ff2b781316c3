"""The hall as the judge runs it: it counts the hits, by the stream and a secret of this run."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from grader.suite import Call, Entry, OutsideWorld, Refuse, Trial, trouble

WAIT_S = 0.01
GUARD_S = 3.0
SIDE_BY_SIDE = 2  # there are 2 CPUs
NEEDED = 6  # batches until the estimate is good enough
MAX_BATCHES = 60
MANY = 14  # batches that are noted: more than a window of four can have begun by then


class Thrown(NamedTuple):
    """Darts that were thrown; their line of the books ends when it was told how many had hit."""

    stream: int
    n: int
    hits: int
    entry: Entry


class World(OutsideWorld):
    """The hall.

    Attributes:
        thrown: What was thrown, in the order in which it was told.
        meets_at: Number of the first of two calls that wait for each other; None for no calls.
        long: Number of the call that takes until `n_first` others are done; None for no call.
        n_first: How many that are.
        is_endless: Whether that call never ends.
        was_waited_for: Whether that call was answered though fewer others were done.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.thrown: list[Thrown] = []
        self.meets_at: int | None = None
        self.long: int | None = None
        self.n_first = NEEDED
        self.is_endless = False
        self.was_waited_for = False
        self._until: int | None = None  # later throws are not noted
        self._flying: dict[int, Thrown] = {}
        self._secret = int(rng.integers(2**62))

    # -- inputs, and what goes wrong with them: for the suite and for `grade.py try` ---------------------

    def draw_part(self, rng: np.random.Generator) -> int:
        """How many darts a part throws."""
        return int(rng.integers(200, 900))

    def draw_seed(self, rng: np.random.Generator) -> int:
        """A seed."""
        return int(rng.integers(10**6))

    @trouble
    def none(self, rng: np.random.Generator, tasks: int = 5) -> Trial:
        """Nothing goes wrong: equal parts."""
        return Trial.call("estimate_pi", tasks * self.draw_part(rng), tasks, self.draw_seed(rng))

    @trouble
    def remainder(self, rng: np.random.Generator, tasks: int = 5) -> Trial:
        """The throws cannot be shared out equally."""
        n = tasks * self.draw_part(rng) + int(rng.integers(1, tasks))
        return Trial.call("estimate_pi", n, tasks, self.draw_seed(rng))

    @trouble
    def good_enough(self, rng: np.random.Generator, max_batches: int = MAX_BATCHES, batch: int = 0) -> Trial:
        """Six batches are enough for the error that is asked for."""
        self._until = self.ledger.count("throw") + MANY
        batch = batch or int(rng.integers(3000, 5000))
        tol = 4.0 * math.sqrt(math.pi / 4 * (1 - math.pi / 4) / ((NEEDED - 0.5) * batch))
        return Trial.call("estimate_until", tol, batch, self.draw_seed(rng), max_batches, deadline_s=20.0)

    @trouble
    def slow_batch(self, rng: np.random.Generator) -> Trial:
        """Six batches are enough, and the second one takes until six others are back."""
        self.long = 1
        return self.good_enough(rng)

    @trouble
    def endless_batch(self, rng: np.random.Generator) -> Trial:
        """Six batches are enough, and the second one never comes back."""
        self.is_endless = True
        return self.slow_batch(rng)

    # -- operations --------------------------------------------------------------------------------------

    async def throw(self, call: Call, stream: int, n: int) -> int:
        """Operation: darts are thrown; the number by which to ask for them."""
        if n < 1:
            raise Refuse("NothingToThrow", f"{n} darts")
        self._flying[call.number] = Thrown(stream, n, self._hits(stream, n), call.entry)
        if call.number == self.long and not self.is_endless:
            self.was_waited_for = not await self.until(
                lambda: len(self.thrown) >= self.n_first, within_s=GUARD_S
            )
        elif call.number == self.meets_at:
            n_both = self.meets_at + SIDE_BY_SIDE
            await self.until(lambda: self.ledger.count("throw") >= n_both, within_s=GUARD_S)
        await asyncio.sleep(WAIT_S)
        return call.number

    async def landed(self, call: Call, ticket: int) -> int | None:
        """Operation: how many of these darts hit; None while they fly."""
        flight = self._flying.get(ticket)
        if flight is None or flight.entry.pid != call.pid:
            raise Refuse("NotYours", ticket)
        if ticket == self.long and self.is_endless:
            return None
        del self._flying[ticket]
        if self._until is None or ticket < self._until:
            self.thrown.append(flight._replace(entry=replace(flight.entry, end_s=call.entry.start_s)))
        return flight.hits

    def _hits(self, stream: int, n: int) -> int:
        """They follow from the stream, the number of darts and the secret."""
        return int(np.random.default_rng([self._secret, stream, n]).binomial(n, math.pi / 4))
