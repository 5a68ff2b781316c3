"""Numbers by key."""

import asyncio

from grader.suite import Call, KillWorker, OutsideWorld, Refuse


class World(OutsideWorld):
    def __init__(self, rng):
        super().__init__(rng)
        self.numbers = [int(n) for n in rng.integers(1, 1000, 64)]
        self.kill_once = False
        self.overlap = 1

    async def fetch(self, call: Call, key: int) -> int:
        if key not in range(len(self.numbers)):
            raise Refuse("NoSuchKey", key)
        if self.kill_once and call.number == 2:
            raise KillWorker
        await self.until(lambda: self.ledger.peak("fetch") >= self.overlap, within_s=2.0)
        await asyncio.sleep(0.05)
        return self.numbers[key]
