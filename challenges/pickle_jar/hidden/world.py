"""The tide service as the judge runs it: every answer is a new one, and every line has an owner."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import numpy as np

from grader.suite import Call, OutsideWorld, Refuse, Trial, trouble

WAIT_S = 0.01
SLOW_S = 0.05  # for threads that start at the same moment
LINES = 10**6


class Answer(NamedTuple):
    """What the service said."""

    path: str
    status: int
    text: str
    pid: int


class World(OutsideWorld):
    """The service.

    Attributes:
        answers: What it said, in order.
        lines: By number, the process that opened the line.
        missing: Status of paths without a text.
        n_letters: How long its texts are, at least.
        wait_s: How long an answer takes.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.answers: list[Answer] = []
        self.lines: dict[int, int] = {}
        self.missing: dict[str, int] = {}
        self.n_letters = 0
        self.wait_s = WAIT_S
        self._busy: set[int] = set()

    # -- inputs, and what goes wrong with them: for the suite and for `grade.py try` ---------------------

    def draw_paths(self, rng: np.random.Generator, n: int) -> list[str]:
        """Paths that nobody has asked for before."""
        return [f"/tide/{number}" for number in rng.choice(10**6, size=n, replace=False)]

    @trouble
    def none(self, rng: np.random.Generator, n: int = 6) -> Trial:
        """Nothing goes wrong."""
        return Trial.scenario("fetched", paths=self.draw_paths(rng, n), deadline_s=20.0)

    @trouble
    def no_forecast(self, rng: np.random.Generator, n: int = 5) -> Trial:
        """The service has nothing at the second path."""
        trial = self.none(rng, n)
        path = trial.inputs["paths"][1]
        self.missing[path] = int(rng.integers(400, 500))
        return trial.noting(f"{path} has the status {self.missing[path]}")

    @trouble
    def client_in_a_task(self, rng: np.random.Generator, n: int = 2) -> Trial:
        """A client is handed to a task."""
        return Trial.scenario("fetched_in_a_task", paths=self.draw_paths(rng, n), deadline_s=20.0)

    @trouble
    def two_threads(self, rng: np.random.Generator, n: int = 6) -> Trial:
        """Two threads of a task use one client."""
        self.wait_s = SLOW_S
        return Trial.scenario("fetched_in_threads", paths=self.draw_paths(rng, n), deadline_s=20.0)

    # -- operations --------------------------------------------------------------------------------------

    async def connect(self, call: Call) -> int:
        """Operation: a line is opened."""
        await asyncio.sleep(WAIT_S)
        number = call.pid * LINES + int(self.rng.integers(LINES))
        self.lines[number] = call.pid
        return number

    async def request(self, call: Call, line: int, path: str) -> tuple[int, str]:
        """Operation: an answer for a path, on a line of this process that is free."""
        if line // LINES != call.pid:  # it may have been opened before this world was there
            raise Refuse("Reset", "this line was opened by another process")
        if line in self._busy:
            raise Refuse("Aborted", "another request is on this line")
        self._busy.add(line)
        try:
            await asyncio.sleep(self.wait_s)
        finally:
            self._busy.discard(line)
        status = self.missing.get(path, 200)
        text = f"{self.rng.integers(10**9):09d}".ljust(self.n_letters, "~") if status == 200 else ""
        self.answers.append(Answer(path, status, text, call.pid))
        return status, text
