"""The airlines as the judge runs them: every price is a new one, and they answer when told to."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from grader.suite import Call, OutsideWorld, Refuse, Trial, trouble

GUARD_S = 2.0  # between two steps of the judge; what does not wait goes on within milliseconds


class Answer(NamedTuple):
    """What an airline said: a price, or words if it is full."""

    airline: int
    price: float
    words: str
    pid: int


class World(OutsideWorld):
    """Airlines.

    Attributes:
        answers: What they said, in order.
        full: Airlines without seats.
        held: Airlines that answer only when they are let go.
        guard_s: How long they are held when the judge does nothing.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.answers: list[Answer] = []
        self.full: set[int] = set()
        self.held: set[int] = set()
        self.guard_s = GUARD_S
        self._n_steps = 0

    def let_go(self, *airlines: int) -> None:
        """Let these airlines answer."""
        self.held -= set(airlines)
        self._n_steps += 1

    # -- inputs, and what goes wrong with them: for the suite and for `grade.py try` ---------------------

    def draw_airlines(self, rng: np.random.Generator, n: int) -> list[int]:
        """Airlines, by number; each is another one."""
        return [int(number) for number in rng.choice(10_000, n, replace=False)]

    @trouble
    def none(self, rng: np.random.Generator, n: int = 4) -> Trial:
        """All answer at once."""
        return Trial.scenario("show_all", airlines=self.draw_airlines(rng, n), timeout=None)

    @trouble
    def slow_airline(self, rng: np.random.Generator, n: int = 4) -> Trial:
        """The first airline in the list takes two seconds."""
        trial = self.none(rng, n)
        self.held.add(trial.inputs["airlines"][0])
        return trial

    @trouble
    def no_seats(self, rng: np.random.Generator, n: int = 4) -> Trial:
        """The second airline in the list is full."""
        trial = self.none(rng, n)
        self.full.add(trial.inputs["airlines"][1])
        return trial

    @trouble
    def same_ref_twice(self, rng: np.random.Generator, n: int = 4) -> Trial:
        """The last ref of the list is the first one again."""
        airlines = self.draw_airlines(rng, n - 1)
        return Trial.scenario("show_all", airlines=[*airlines, airlines[0]], timeout=None)

    # -- operations --------------------------------------------------------------------------------------

    async def offer(self, call: Call, airline: int) -> float:
        """Operation: an airline says its price, when it is let go."""
        while airline in self.held:
            steps = self._n_steps

            def moved(seen: int = steps) -> bool:
                return self._n_steps != seen

            if not await self.until(moved, within_s=self.guard_s):
                self.held.clear()  # somebody waits in vain: now nobody is held any more
        if airline in self.full:
            words = f"sold out, says clerk {self.rng.integers(10**9):09d}"
            self.answers.append(Answer(airline, 0.0, words, call.pid))
            raise Refuse("NoSeats", words)
        price = float(self.rng.uniform(100.0, 900.0))
        self.answers.append(Answer(airline, price, "", call.pid))
        return price
