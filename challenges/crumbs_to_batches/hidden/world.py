"""The post office as the judge runs it: every postmark is a new one."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import numpy as np

from grader.suite import Call, OutsideWorld, Refuse, Trial, trouble

WAIT_S = 0.002
GUARD_S = 2.0
SIDE_BY_SIDE = 2  # there are 2 CPUs
N_MEANWHILE = 40  # of 63 others; half of them if there is a batch for each CPU


class Postmark(NamedTuple):
    """What was stamped on a letter, and which process asked."""

    letter: str
    text: str
    pid: int


class World(OutsideWorld):
    """A post office.

    Attributes:
        postmarks: What it stamped, in order.
        objections: What it said about letters that go nowhere.
        meets: Whether the first letter waits for another one.
        first_is_slow: Whether the letter that comes first takes until enough others are done.
        n_meanwhile: How many others were done when the slow one ended.
        lost: Letters that go nowhere.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.postmarks: list[Postmark] = []
        self.objections: dict[str, Postmark] = {}
        self.meets = False
        self.first_is_slow = False
        self.n_meanwhile = 0
        self.lost: set[str] = set()

    # -- inputs, and what goes wrong with them: for the suite and for `grade.py try` ---------------------

    def draw_letters(self, rng: np.random.Generator, n: int) -> list[str]:
        """Letters to people whom nobody knows."""
        return [f"to {number}" for number in rng.choice(90_000, size=n, replace=False) + 10_000]

    @trouble
    def none(self, rng: np.random.Generator, n: int = 300) -> Trial:
        """Nothing goes wrong: a mailing of many letters."""
        return Trial.scenario("stamp_all", letters=self.draw_letters(rng, n), deadline_s=20.0)

    @trouble
    def few(self, rng: np.random.Generator, n: int = 4) -> Trial:
        """Few letters, and the first one waits for a second one to be worked on too."""
        self.meets = True
        return self.none(rng, n)

    @trouble
    def one_slow(self, rng: np.random.Generator, n: int = 64) -> Trial:
        """One letter takes until 40 others are done, or for two seconds."""
        self.first_is_slow = True
        return self.none(rng, n).noting("it is the one that comes first")

    @trouble
    def no_address(self, rng: np.random.Generator, n: int = 60) -> Trial:
        """One letter goes nowhere."""
        trial = self.none(rng, n)
        letters = trial.inputs["letters"]
        place = int(rng.integers(n // 4, n // 2))
        self.lost = {letters[place]}
        return trial.noting(f"it is number {place}")

    # -- operations --------------------------------------------------------------------------------------

    async def stamp(self, call: Call, letter: str) -> str:
        """Operation: a letter is stamped, or goes nowhere."""
        if self.meets and call.number == 0:
            await self.until(lambda: self.ledger.peak("stamp") >= SIDE_BY_SIDE, within_s=GUARD_S)
        if self.first_is_slow and call.number == 0:
            await self.until(lambda: len(self.postmarks) >= N_MEANWHILE, within_s=GUARD_S)
            self.n_meanwhile = len(self.postmarks)
        await asyncio.sleep(WAIT_S)
        number = f"{self.rng.integers(10**9):09d}"
        if letter in self.lost:
            self.objections[letter] = Postmark(letter, f"nobody {number}", call.pid)
            raise Refuse("NoAddress", self.objections[letter].text)
        self.postmarks.append(Postmark(letter, f"postmark {number}", call.pid))
        return self.postmarks[-1].text
