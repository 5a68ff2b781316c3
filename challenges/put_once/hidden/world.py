"""The mill as the judge runs it: every score comes from another line of the model."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import numpy as np

from grader.suite import Call, OutsideWorld, Refuse, Trial, trouble

SHAPE = (500, 512)  # two of these are 4 MB: a call by value shows, and the store holds twenty
WAIT_S = 0.01
GUARD_S = 2.0

Model = dict[str, np.ndarray]


class Reading(NamedTuple):
    """Which line a scoring was told to use."""

    total: float
    line: int
    pid: int


class World(OutsideWorld):
    """The scoring.

    Attributes:
        readings: Which lines it named, in order.
        first_is_slow: Whether the first batch waits until two others have been scored.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.readings: list[Reading] = []
        self.first_is_slow = False

    # -- inputs, and what goes wrong with them: for the suite and for `grade.py try` ---------------------

    def draw_model(self, rng: np.random.Generator) -> Model:
        """A model of about 4 MB."""
        return {name: rng.uniform(1.0, 9.0) + rng.standard_normal(SHAPE) for name in ("grain", "husk")}

    def draw_batches(self, rng: np.random.Generator, n: int) -> list[list[float]]:
        """Batches that differ in their totals."""
        totals = 1.0 + rng.permutation(n) + rng.uniform(0.0, 0.5, n)
        return [[total * 0.25, total * 0.75] for total in totals.tolist()]

    @trouble
    def none(self, rng: np.random.Generator, n: int = 8) -> Trial:
        """Nothing goes wrong: a dict, and some batches."""
        steps = [["model", "m", self.draw_model(rng)], ["score_all", "m", self.draw_batches(rng, n)]]
        return Trial.scenario("script", steps=steps, deadline_s=30.0)

    @trouble
    def slow_batch(self, rng: np.random.Generator, n: int = 5) -> Trial:
        """The first batch is scored after two others."""
        self.first_is_slow = True
        return self.none(rng, n)

    @trouble
    def comes_as_a_ref(self, rng: np.random.Generator, n: int = 4) -> Trial:
        """The model is in the store already, and comes as a ref."""
        model, _ = self.none(rng, n).inputs["steps"]
        steps = [model, ["put", "r", "m"], ["score_all", "r", self.draw_batches(rng, n)]]
        steps += [["make_scorer", "s", "r"], ["score", "s", self.draw_batches(rng, 1)[0]]]
        return Trial.scenario("script", steps=steps, deadline_s=30.0)

    @trouble
    def changes(self, rng: np.random.Generator) -> Trial:
        """The caller changes its model after the first call."""
        first, then, single = (self.draw_batches(rng, n) for n in (2, 2, 1))
        steps = [["model", "m", self.draw_model(rng)], ["make_scorer", "s", "m"], ["score_all", "m", first]]
        steps += [["change", "m"], ["score_all", "m", then], ["score", "s", single[0]]]
        return Trial.scenario("script", steps=steps, deadline_s=30.0)

    # -- operations --------------------------------------------------------------------------------------

    async def line(self, call: Call, n_lines: int, total: float) -> int:
        """Operation: which line of the model counts this time."""
        if n_lines != SHAPE[0]:
            raise Refuse("NotTheModel", f"it has {n_lines} lines, and a model has {SHAPE[0]}")
        if self.first_is_slow and call.number == 0:
            await self.until(lambda: len(self.readings) >= 2, within_s=GUARD_S)
        await asyncio.sleep(WAIT_S)
        line = int(self.rng.integers(n_lines))
        self.readings.append(Reading(total, line, call.pid))
        return line
