"""The judge's half of the archive: its delay, its faults and its books."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from grader.suite import Call, KillWorker, OutsideWorld, Trial, trouble

WRITE_S = 0.002
MEET_WITHIN_S = 3.0  # how long writes wait for each other
MAX_DIGITS = 20  # of a sample's number
MARKED_SAMPLES = 4096  # at most so many are numbered from one mark on
HOLD_WITHIN_S = 5.0  # how long writes wait for queries to be answered

EPOCH_S = 1_700_000_000.0
STEP_S = 0.125
TRIAL_S = 20.0  # against hangs only
N_STEADY = 200
FLOOD_BATCHES = 40
FLOOD_BATCH = 500
HELD_AFTER = 12  # writes: two of what is steady, and some of the flood

Name = tuple[str, str, int]  # metric, source, number
Sample = tuple[str, str, int, float, float]
Step = list[Any]  # of scenarios.play


@dataclass(frozen=True)
class Write:
    """A write that the archive accepted: the writer, and a line `metric source number` for each sample."""

    pid: int
    lines: str

    @cached_property
    def names(self) -> tuple[Name, ...]:
        """The samples in order; read when they are asked for, so that a write costs next to nothing."""
        return tuple(map(_name, self.lines.splitlines()))


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment between two ingests: the number handed out then, and how many writes were accepted by then.

    What is ingested next is numbered from there on, so nobody can have asked for the mark later than that.
    """

    number: int
    n_writes: int


class World(OutsideWorld):
    """The archive of one test. The test sets the attributes before it calls the learner.

    Attributes:
        writes: The accepted writes, in order.
        marks: The moments that a scenario has marked, in order.
        meet_from: Number of the first write that waits for others.
        write_together: How many writes wait for each other, from that one on, until all of them are open.
        hold_from: Number of the first write that waits until enough queries have been answered.
        answers_wanted: How many answers are enough.
        n_meanwhile: Questions asked and answered while a held write was open.
        asked: For each question that was handed out, its window and whether a held write was open then.
        answers: What was answered to a question, by its number; nobody knows one before it is handed out.
        kill_before: Samples whose writer is killed before the archive has the write; once each.
        kill_after: Samples whose writer is killed when the archive has it, before the answer; once each.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.writes: list[Write] = []
        self.marks: list[Mark] = []
        self.meet_from: int | None = None
        self.write_together = 0
        self.hold_from: int | None = None
        self.answers_wanted = 5
        self.n_meanwhile = 0
        self.asked: list[tuple[float, bool]] = []
        self.answers: dict[int, float | int | None] = {}
        self.kill_before: set[Name] = set()
        self.kill_after: set[Name] = set()
        self._meets = True
        self._holds = True
        self._numbers = np.random.default_rng(rng.integers(2**63))

    # -- troubles: set up by tests and by `grade.py try` -------------------------------------------------

    @staticmethod
    def _start(rng: np.random.Generator) -> float:
        return EPOCH_S + int(rng.integers(1_000_000))

    @staticmethod
    def _samples(rng: np.random.Generator, metrics: list[str], start: float, n: int) -> list[Sample]:
        """Samples of the last minute before `start`, with numbers from 1, from four sources."""
        return [
            (metrics[k % len(metrics)], f"web-{k % 4}", k + 1, start - STEP_S * ((n - k) % 480),
             round(float(rng.uniform(1, 1000)), 3))
            for k in range(n)
        ]  # fmt: skip

    @staticmethod
    def _rules(metric: str) -> list[dict[str, Any]]:
        return [
            {"name": "hot", "kind": "threshold", "metric": metric, "aggregate": "max", "window_s": 300.0,
             "op": ">", "limit": 0.5, "clear": 0.25, "for_s": 0.0},
            {"name": "silent", "kind": "no_data", "metric": metric, "after_s": 90.0},
        ]  # fmt: skip

    def _day(
        self, start: float, rules: list[dict[str, Any]], batches: list[list[Sample]], shards: int
    ) -> Trial:
        """Ingest, ask for everything, and look 100 s later again."""
        metric, later = batches[0][0][0], start + 100.0
        steps: list[Step] = [["open", start, rules, {"shards": shards}]]
        steps += [["ingest", batch] for batch in batches]
        aggregates = ("count", "sum", "mean", "min", "max", "last", "p95")
        steps += [["query", metric, aggregate, 300.0, start] for aggregate in aggregates]
        steps += [["alerts", start], ["clock", later], ["alerts", later], ["stats"], ["close"]]
        return Trial.scenario("play", steps=steps, deadline_s=TRIAL_S)

    @trouble
    def none(
        self,
        rng: np.random.Generator,
        n: int = 12,
        shards: int = 2,
        samples: list[list[Any]] | None = None,
    ) -> Trial:
        """Nothing goes wrong; the last 100 s are silent."""
        start = self._start(rng)
        found = [(*s,) for s in samples] if samples else self._samples(rng, ["load", "temp"], start, n)
        half = (len(found) + 1) // 2
        batches = [batch for batch in (found[:half], found[half:]) if batch]
        return self._day(start, self._rules(found[0][0]), batches, shards)

    @trouble
    def disorder(self, rng: np.random.Generator, n: int = 12, shards: int = 2) -> Trial:
        """Samples come out of order, twice, and too late."""
        start = self._start(rng)
        found = self._samples(rng, ["load", "temp"], start, n)
        mixed = [found[k] for k in rng.permutation(n)]
        late = [("load", "web-0", n + 1, start - 600.0, 5.0), ("load", "web-1", n + 2, start - 900.0, 5.0)]
        half = n // 2
        batches = [[*mixed[:half], *late], [*mixed[half:], *mixed[: half // 2]]]
        return self._day(start, self._rules("load"), batches, shards).noting(
            f"{len(late)} samples are late, {half // 2} come twice"
        )

    @trouble
    def dead_in_write(self, rng: np.random.Generator, n: int = 48, shards: int = 2) -> Trial:
        """A shard dies during a write, before the archive has it; later one dies when the archive has it."""
        start = self._start(rng)
        found = self._samples(rng, [f"load-{k}" for k in range(8)], start, n)
        batches = [found[k : k + n // 6] for k in range(0, n, n // 6)]
        before, after = batches[2][0][:3], batches[4][0][:3]
        self.kill_before, self.kill_after = {before}, {after}
        return self._day(start, self._rules(found[0][0]), batches, shards).noting(
            f"the writers of {before} and {after} die"
        )

    @trouble
    def slow_archive(self, rng: np.random.Generator) -> Trial:
        """The archive holds every write until five queries are answered meanwhile, or for five seconds."""
        start, self.hold_from = self._start(rng), HELD_AFTER
        hosts = [f"web-{number}" for number in rng.choice(np.arange(100, 1000), size=20, replace=False)]
        steady = [
            ("steady", hosts[k % 20], k // 20 + 1, start - STEP_S * k, round(float(rng.uniform(1, 1000)), 3))
            for k in range(N_STEADY)
        ]
        flood = [  # no two have the same value
            ("flood", hosts[k % 20], k // 20 + 11, start - STEP_S * (k % 4000), float(k))
            for k in range(FLOOD_BATCHES * FLOOD_BATCH)
        ]
        batches = [flood[k : k + FLOOD_BATCH] for k in range(0, len(flood), FLOOD_BATCH)]
        question = ["steady", "mean", start]  # the windows are drawn as it goes on
        before = Trial.scenario(
            "play", steps=[["open", start, [], {}], ["ingest", steady]], deadline_s=TRIAL_S
        )
        return Trial.scenario("flood_and_close", batches=batches, question=question, deadline_s=14.0).after(
            before
        )

    # -- operations ------------------------------------------------------------------------------------

    async def archive(self, call: Call, lines: str) -> None:
        """Operation: accept a write of `metric source number` lines."""
        write = Write(call.pid, lines)
        await self._wait_for_others(call)
        await self._wait_for_answers(call)
        await asyncio.sleep(WRITE_S)
        self._kill(self.kill_before, write)
        self.writes.append(write)
        self._kill(self.kill_after, write)

    async def mark(self, _call: Call) -> int:
        """Operation for a scenario: an ingest has returned; the number that the next samples start from."""
        number = int(self._numbers.integers(1, 2**40)) * MARKED_SAMPLES
        self.marks.append(Mark(number, len(self.writes)))
        return number

    async def question(self, _call: Call) -> tuple[int, float]:
        """Operation for a scenario: the number of a question, and the window that it is about."""
        window_s = STEP_S * int(self._numbers.integers(8, N_STEADY))
        self.asked.append((window_s, self._is_holding()))
        return len(self.asked) - 1, window_s

    async def answered(self, _call: Call, number: int, answer: float | int | None) -> None:
        """Operation for a scenario: a query has been answered."""
        if 0 <= number < len(self.asked):
            self.answers.setdefault(number, answer)
            self.n_meanwhile += self.asked[number][1] and self._is_holding()

    @property
    def was_answered(self) -> bool:
        """Whether enough queries were asked and answered while writes were held."""
        return self.n_meanwhile >= self.answers_wanted

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

    def _kill(self, victims: set[Name], write: Write) -> None:
        if victims and (hit := victims.intersection(write.names)):
            victims -= hit
            raise KillWorker


def _name(line: str) -> Name:
    """The name in a line of a write; a line that names no sample gets a name that no sample has."""
    match line.split():
        case metric, source, number if number.isascii() and number.isdecimal() and len(number) <= MAX_DIGITS:
            return metric, source, int(number)
    return line[:100], "", -1
