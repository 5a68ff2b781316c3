"""The gauges as the judge runs them: the water never stands as high as it did before."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

import numpy as np

from grader.suite import Call, OutsideWorld, Trial, trouble

WAIT_S = 0.01


class Reading(NamedTuple):
    """What a gauge told, and which process asked."""

    gauge: str
    metres: float
    pid: int


class World(OutsideWorld):
    """A river with gauges.

    Attributes:
        readings: What was read, in order.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.readings: list[Reading] = []

    # -- inputs, and what goes wrong with them: for the suite and for `grade.py try` ---------------------

    def draw_gauges(self, rng: np.random.Generator, n: int = 2) -> list[str]:
        """Gauges that nobody has read before."""
        return [f"gauge {number}" for number in rng.choice(90_000, size=n, replace=False) + 10_000]

    def _script(self, *steps: list[Any]) -> Trial:
        return Trial.scenario("script", steps=list(steps), deadline_s=20.0)

    @trouble
    def none(self, rng: np.random.Generator) -> Trial:
        """Nothing goes wrong: a notebook has a session, and calls the library."""
        steps = [["connect"], ["session"], ["levels", self.draw_gauges(rng)], ["session"]]
        return self._script(*steps).noting("the session is named by its job; it is the same before and after")

    @trouble
    def no_session(self, rng: np.random.Generator) -> Trial:
        """No session is open."""
        steps = [["shutdown"], ["enter", "block"], ["session"], ["levels", self.draw_gauges(rng)]]
        return self._script(*steps, ["leave", "block"], ["session"]).noting("no session is open at the end")

    @trouble
    def nested(self, rng: np.random.Generator) -> Trial:
        """No session is open, and one block is inside another one."""
        steps = [["shutdown"], ["enter", "outer"], ["session"], ["enter", "inner"]]
        steps += [["levels", self.draw_gauges(rng)], ["leave", "inner"], ["session"]]
        return self._script(*steps, ["leave", "outer"], ["session"])

    @trouble
    def block_fails(self, rng: np.random.Generator) -> Trial:
        """No session is open, and the block raises."""
        steps = [["shutdown"], ["enter", "block"], ["levels", self.draw_gauges(rng)], ["fail", "block"]]
        return self._script(*steps, ["session"]).noting("no session is open at the end")

    @trouble
    def other_namespace(self, _rng: np.random.Generator) -> Trial:
        """A session is open, in another namespace."""
        steps = [["connect"], ["session"], ["enter", "block", "elsewhere"], ["session"]]
        return self._script(*steps).noting("'enter' says ValueError")

    # -- operations --------------------------------------------------------------------------------------

    async def level(self, call: Call, gauge: str) -> float:
        """Operation: how high the water is at a gauge."""
        await asyncio.sleep(WAIT_S)
        metres = round(float(self.rng.uniform(1.0, 9.0)), 9)
        self.readings.append(Reading(gauge, metres, call.pid))
        return metres
