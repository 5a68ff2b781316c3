"""The land register as the judge runs it: every receipt and every reason is a new one."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import numpy as np

from grader.suite import Call, KillWorker, OutsideWorld, Refuse, Trial, trouble

WAIT_S = 0.01
LONG_S = 1.5  # for a deed that takes long: solutions that do not wait have returned by then
GUARD_S = 2.0
SIDE_BY_SIDE = 2  # there are 2 CPUs


class Answer(NamedTuple):
    """What the register said to a deed."""

    deed: str
    is_stored: bool
    text: str
    pid: int


class World(OutsideWorld):
    """The register.

    Attributes:
        answers: What it said, in order.
        unwanted: Deeds that it rejects.
        slow: Deeds that take long.
        deadly_once: Deeds whose first worker dies.
        deadly: Deeds whose workers always die.
        meets: Whether the first deed waits for another one.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.answers: list[Answer] = []
        self.unwanted: set[str] = set()
        self.slow: set[str] = set()
        self.deadly_once: set[str] = set()
        self.deadly: set[str] = set()
        self.meets = False

    # -- inputs, and what goes wrong with them: for the suite and for `grade.py try` ---------------------

    def draw_deeds(self, rng: np.random.Generator, n: int = 6) -> dict[str, str]:
        """Deeds that nobody has seen before."""
        numbers = rng.choice(90_000, size=n, replace=False) + 10_000
        return {f"deed {number}": f"plot {rng.integers(10**6)}" for number in numbers}

    @trouble
    def none(self, rng: np.random.Generator, n: int = 6) -> Trial:
        """Nothing goes wrong."""
        return Trial.call("ingest", self.draw_deeds(rng, n))

    @trouble
    def slow_deed(self, rng: np.random.Generator, n: int = 4) -> Trial:
        """One deed takes long."""
        deeds = self.draw_deeds(rng, n)
        self.slow = {list(deeds)[1]}
        return Trial.call("ingest", deeds)

    @trouble
    def rejected(self, rng: np.random.Generator, n: int = 6) -> Trial:
        """The register rejects two deeds."""
        deeds = self.draw_deeds(rng, n)
        first, _, third, *_ = deeds
        self.unwanted = {first, third}
        return Trial.call("ingest", deeds).noting(f"rejected are {' and '.join(sorted(self.unwanted))}")

    @trouble
    def worker_dies(self, rng: np.random.Generator, n: int = 4) -> Trial:
        """The worker of one deed dies, once."""
        deeds = self.draw_deeds(rng, n)
        self.deadly_once = {list(deeds)[1]}
        return Trial.call("ingest", deeds, deadline_s=30.0).noting(f"it is {list(deeds)[1]}")

    @trouble
    def worker_always_dies(self, rng: np.random.Generator, n: int = 4) -> Trial:
        """Every worker of one deed dies."""
        deeds = self.draw_deeds(rng, n)
        self.deadly = {list(deeds)[1]}
        return Trial.call("ingest", deeds, deadline_s=40.0).noting(f"it is {list(deeds)[1]}")

    # -- operations --------------------------------------------------------------------------------------

    async def save(self, call: Call, deed: str, _text: str) -> str:
        """Operation: a deed is written down, or rejected; a worker that is to die does so before that."""
        if deed in self.deadly:
            raise KillWorker
        if deed in self.deadly_once:
            self.kill_caller(deed)
        if self.meets and call.number == 0:
            await self.until(lambda: self.ledger.peak("save") >= SIDE_BY_SIDE, within_s=GUARD_S)
        await asyncio.sleep(LONG_S if deed in self.slow else WAIT_S)
        number = f"{self.rng.integers(10**9):09d}"
        is_stored = deed not in self.unwanted
        text = f"receipt {number}" if is_stored else f"objection {number}"
        self.answers.append(Answer(deed, is_stored, text, call.pid))
        if not is_stored:
            raise Refuse("Rejected", text)
        return text
