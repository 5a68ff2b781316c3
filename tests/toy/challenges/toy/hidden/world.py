"""The store as the judge runs it: this run's numbers, its delay and its faults."""

from __future__ import annotations

import asyncio

import numpy as np

from grader.suite import Call, KillWorker, OutsideWorld, Refuse, Trial, trouble

N_KEYS = 64
MIN_IN_FLIGHT = 3
FETCH_S = 0.05
HELD_S = 5.0


class World(OutsideWorld):
    """The numbers and what goes wrong with them. A test sets the attributes before the call.

    Attributes:
        numbers: The number of each key, different in each run.
        kill_once: Whether the process that makes the third fetch is killed.
        overlap: How many fetches have to be in flight at once before any is answered.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.numbers = [int(number) for number in rng.integers(1, 1000, N_KEYS)]
        self.kill_once = False
        self.overlap = 1

    # -- inputs, and what goes wrong with them: for the suite and for `grade.py try` ---------------------

    def draw_keys(self, rng: np.random.Generator, n: int) -> list[int]:
        """Different keys."""
        return [int(key) for key in rng.choice(N_KEYS, n, replace=False)]

    @trouble
    def none(self, rng: np.random.Generator, n: int = 8) -> Trial:
        """Nothing goes wrong."""
        return Trial.call("total", self.draw_keys(rng, n))

    @trouble
    def killed_worker(self, rng: np.random.Generator, n: int = 4) -> Trial:
        """The process that makes the third fetch is killed."""
        self.kill_once = True
        return Trial.call("total", self.draw_keys(rng, n))

    @trouble
    def held_answers(self, rng: np.random.Generator, n: int = 4) -> Trial:
        """The store answers nobody until three fetches are in flight, for up to five seconds."""
        self.overlap = MIN_IN_FLIGHT
        return Trial.call("total", self.draw_keys(rng, n), deadline_s=20.0)

    # -- operations --------------------------------------------------------------------------------------

    async def fetch(self, call: Call, key: int) -> int:
        """Operation: one number, after about 50 ms."""
        if key not in range(N_KEYS):
            raise Refuse("NoSuchKey", key)
        if self.kill_once and call.number == 2:
            raise KillWorker
        await self._overlapping()
        await asyncio.sleep(FETCH_S)
        return self.numbers[key]

    async def _overlapping(self) -> None:
        """Hold a fetch until enough of them are in flight.

        The time counts from the first fetch: a program whose fetches never overlap waits once, not each time.
        """
        first = self.ledger.entries("fetch")[0]
        await self.until(
            lambda: self.ledger.peak("fetch") >= self.overlap, within_s=HELD_S, since_s=first.start_s
        )
