"""The label printer as the judge runs it: every label is a new one, and has the shop of its process."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import numpy as np

from grader.suite import Call, OutsideWorld, Trial, trouble

WAIT_S = 0.01
GUARD_S = 2.0
SIDE_BY_SIDE = 2  # there are 2 CPUs


class Label(NamedTuple):
    """What was printed, and in which process."""

    bread: str
    shop: str
    text: str
    pid: int


class World(OutsideWorld):
    """A printer.

    Attributes:
        labels: What was printed, in order.
        meets: Whether a first label waits for another one, so that two workers print.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.labels: list[Label] = []
        self.meets = False

    # -- inputs, and what goes wrong with them: for the suite and for `grade.py try` ---------------------

    def draw_shop(self, rng: np.random.Generator) -> str:
        """A shop that nobody has worked for before."""
        return f"shop {rng.integers(10**6)}"

    def draw_breads(self, rng: np.random.Generator, n: int) -> list[str]:
        """Breads that nobody has baked before."""
        return [f"bread {number}" for number in rng.choice(90_000, size=n, replace=False) + 10_000]

    @trouble
    def none(self, rng: np.random.Generator, n: int = 3) -> Trial:
        """Nothing goes wrong: tasks print for a shop."""
        shop, breads = self.draw_shop(rng), self.draw_breads(rng, n)
        return Trial.scenario("run", shop=shop, breads=breads, deadline_s=30.0).noting(f"it is {shop}")

    @trouble
    def child(self, rng: np.random.Generator) -> Trial:
        """The task starts another task, which prints."""
        shop, breads = self.draw_shop(rng), self.draw_breads(rng, 1)
        trial = Trial.scenario("run", shop=shop, breads=breads, where="in a child", deadline_s=30.0)
        return trial.noting(f"it is {shop}")

    @trouble
    def actor(self, rng: np.random.Generator) -> Trial:
        """An actor prints."""
        shop, breads = self.draw_shop(rng), self.draw_breads(rng, 2)
        return Trial.scenario("sell", shop=shop, breads=breads, deadline_s=30.0).noting(f"it is {shop}")

    # -- operations --------------------------------------------------------------------------------------

    async def print_label(self, call: Call, bread: str, shop: str) -> str:
        """Operation: a label is printed."""
        if self.meets:
            self.meets = await self.until(
                lambda: self.ledger.peak("print_label") >= SIDE_BY_SIDE, within_s=GUARD_S
            )
        await asyncio.sleep(WAIT_S)
        text = f"label {self.rng.integers(10**9):09d}"
        self.labels.append(Label(bread, shop, text, call.pid))
        return text
