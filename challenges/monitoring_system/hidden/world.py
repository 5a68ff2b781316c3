"""The judge's half of the archive: its delay, its faults and its books."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import numpy as np

from grader.suite import Call, KillWorker, OutsideWorld, Refuse

WRITE_S = 0.002
MEET_WITHIN_S = 3.0  # how long writes wait for each other
MAX_DIGITS = 20  # of a sample's number
HOLD_WITHIN_S = 5.0  # how long writes wait for queries to be answered

Name = tuple[str, str, int]  # metric, source, number


@dataclass(frozen=True, slots=True)
class Write:
    """A write that the archive accepted: the writer, and the samples in order."""

    pid: int
    names: tuple[Name, ...]


class World(OutsideWorld):
    """The archive of one test. The test sets the attributes before it calls the learner.

    Attributes:
        keeps_books: False where only the delay is wanted.
        writes: The accepted writes, in order.
        meet_from: Number of the first write that waits for others.
        write_together: How many writes wait for each other, from that one on, until all of them are open.
        hold_from: Number of the first write that waits until enough queries have been answered.
        answers_wanted: How many answers are enough.
        answers: Queries answered while a held write was open.
        kill_before: Samples whose writer is killed before the archive has the write; once each.
        kill_after: Samples whose writer is killed when the archive has it, before the answer; once each.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.keeps_books = True
        self.writes: list[Write] = []
        self.meet_from: int | None = None
        self.write_together = 0
        self.hold_from: int | None = None
        self.answers_wanted = 5
        self.answers = 0
        self.kill_before: set[Name] = set()
        self.kill_after: set[Name] = set()
        self._meets = True
        self._holds = True

    async def archive(self, call: Call, lines: str) -> None:
        """Operation: accept a write of `metric source number` lines."""
        if not self.keeps_books:
            await asyncio.sleep(WRITE_S)
            return
        names = tuple(map(_name, lines.splitlines()))
        await self._wait_for_others(call)
        await self._wait_for_answers(call)
        await asyncio.sleep(WRITE_S)
        self._kill(self.kill_before, names)
        self.writes.append(Write(call.pid, names))
        self._kill(self.kill_after, names)

    async def answered(self, _call: Call) -> None:
        """Operation for a scenario: a query has been answered."""
        self.answers += self._is_holding()

    @property
    def was_answered(self) -> bool:
        """Whether enough queries were answered while writes were held."""
        return self.answers >= self.answers_wanted

    def _is_holding(self) -> bool:
        first = self.hold_from
        return first is not None and self._holds and self.ledger.count("archive") > first

    async def _wait_for_others(self, call: Call) -> None:
        first = self.meet_from
        if first is not None and first <= call.number < first + self.write_together and self._meets:
            self._meets = await self.until(
                lambda: not self._meets or len(self.open("archive")) >= self.write_together,
                within_s=MEET_WITHIN_S,
            )

    async def _wait_for_answers(self, call: Call) -> None:
        if self.hold_from is not None and call.number >= self.hold_from and self._holds:
            await self.until(lambda: not self._holds or self.was_answered, within_s=HOLD_WITHIN_S)
            self._holds = False  # later writes do not wait again

    def _kill(self, victims: set[Name], names: tuple[Name, ...]) -> None:
        if victims and (hit := victims.intersection(names)):
            victims -= hit
            raise KillWorker


def _name(line: str) -> Name:
    """The name in a line of a write."""
    match line.split():
        case metric, source, number if number.isascii() and number.isdecimal() and len(number) <= MAX_DIGITS:
            return metric, source, int(number)
    raise Refuse("BadLine", f"a line of a write is {line[:100]!r}, not `metric source number`")
