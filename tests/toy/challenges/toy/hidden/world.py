"""The store as the judge runs it: this run's numbers, its delay and its faults."""

from __future__ import annotations

import asyncio

import numpy as np

from grader.suite import Call, KillWorker, OutsideWorld, Refuse

N_KEYS = 64
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
