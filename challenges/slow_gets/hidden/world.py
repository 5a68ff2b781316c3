"""The record store as the judge runs it: this run's records, its delays and its faults."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from grader.suite import Call, KillWorker, OutsideWorld, Refuse, Trial, trouble

HISTORY_LENGTH = 1024
MODEL_SHAPE = (2048, HISTORY_LENGTH)
CAPACITY = 8  # requests the store works on at a time; the rest wait in a queue
FETCH_S = 0.04
MIN_IN_FLIGHT = 8
GUARD_S = 8.0
TRIAL_S = 25.0  # against hangs only


class Gate:
    """Holds callers until a condition has been true once, or until the guard time is over.

    The guard time starts with the first caller, and callers that arrive after its end pass at once: a
    program that never meets the condition waits once, not on every call.

    Args:
        condition: What the callers wait for.
        guard_s: The longest time that the gate stays closed.
    """

    def __init__(self, condition: Callable[[], bool], *, guard_s: float) -> None:
        self._condition = condition
        self._guard_s = guard_s
        self._since_s: float | None = None
        self._open = False

    def _is_open(self) -> bool:
        self._open = self._open or self._condition()
        return self._open

    async def passed(self, world: OutsideWorld) -> None:
        """Return once the gate is open."""
        if self._since_s is None:
            self._since_s = time.monotonic()
        await world.until(self._is_open, within_s=self._guard_s, since_s=self._since_s)
        self._open = True


class World(OutsideWorld):
    """The records and what goes wrong with them. A test sets the attributes before the call.

    Attributes:
        missing: ids without a record.
        failing: ids for which the store fails.
        kill_on_fetch: ids whose next fetch kills the process that asks (once each).
        kill_on_score: ids whose next scoring kills the process that scores (once each).
        fetch_gate: what every fetch waits for.
        score_gate: what every scoring waits for before it starts.
        fetch_gates: by id, what the fetch of that id waits for.

        scored_meanwhile: with `slow_record`, the ids that were scored before its answer came.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self._seed = int(rng.integers(2**62))
        self._slots = asyncio.Semaphore(CAPACITY)
        self.missing: set[int] = set()
        self.failing: set[int] = set()
        self.kill_on_fetch: set[int] = set()
        self.kill_on_score: set[int] = set()
        self.fetch_gate: Gate | None = None
        self.score_gate: Gate | None = None
        self.fetch_gates: dict[int, Gate] = {}
        self.scored_meanwhile: set[int] = set()

    def gate(self, condition: Callable[[], bool], *, guard_s: float) -> Gate:
        """A new gate, for one of the attributes above."""
        return Gate(condition, guard_s=guard_s)

    def history(self, record_id: int) -> np.ndarray:
        """The record's payment history: float64, shape (HISTORY_LENGTH,), different in each run."""
        return np.random.default_rng([self._seed, record_id]).gamma(2.0, 150.0, HISTORY_LENGTH)

    def in_flight(self) -> set[int]:
        """Ids that are being fetched now."""
        return {entry.args[0] for entry in self.open("fetch")}

    def scored(self) -> set[int]:
        """Ids whose scoring has finished."""
        return {entry.args[0] for entry in self.ledger.entries("score", "ok")}

    def scoring_pids(self) -> set[int]:
        """Processes that are scoring now."""
        return {entry.pid for entry in self.open("score")}

    # -- troubles: set up by tests and by `grade.py try` -----------------------------------------------

    def draw_ids(self, rng: np.random.Generator, n: int) -> list[int]:
        """Different ids."""
        return [int(record_id) for record_id in rng.choice(1_000_000, size=n, replace=False)]

    @functools.cached_property
    def model(self) -> np.ndarray:
        """Tonight's model: the same in all tests of a run that are not about models; another in each run."""
        seeds: Any = self.rng.bit_generator.seed_seq
        run_seed = int(np.atleast_1d(seeds.entropy)[0])
        return np.random.default_rng([run_seed, 16]).standard_normal(MODEL_SHAPE) / 32.0

    def _trial(self, record_ids: list[int]) -> Trial:
        return Trial.call("score_all", record_ids, self.model, deadline_s=TRIAL_S)

    @trouble
    def none(self, rng: np.random.Generator, n: int = 24, record_ids: list[int] | None = None) -> Trial:
        """Nothing goes wrong."""
        return self._trial(record_ids or self.draw_ids(rng, n))

    @trouble
    def missing_records(
        self, rng: np.random.Generator, n: int = 24, record_ids: list[int] | None = None
    ) -> Trial:
        """Some ids have no record."""
        ids = record_ids or self.draw_ids(rng, n)
        self.missing = {*ids[:1], *ids[7:9], *ids[-1:]}
        return self._trial(ids).noting(f"there is no record {', '.join(map(str, sorted(self.missing)))}")

    @trouble
    def store_down(self, rng: np.random.Generator, n: int = 12, record_ids: list[int] | None = None) -> Trial:
        """The store fails for one id."""
        ids = record_ids or self.draw_ids(rng, n)
        failing = ids[len(ids) // 2 - 1]
        self.failing = {failing}
        return self._trial(ids).noting(f"the store fails for record {failing}")

    @trouble
    def slow_record(
        self, rng: np.random.Generator, n: int = 24, record_ids: list[int] | None = None
    ) -> Trial:
        """The store answers for one id when all others are scored, or after eight seconds."""
        slow, *rest = record_ids or self.draw_ids(rng, n)
        others = set(rest)

        def others_are_done() -> bool:
            self.scored_meanwhile.update(self.scored() & others)
            return self.scored_meanwhile == others

        self.fetch_gates[slow] = self.gate(others_are_done, guard_s=GUARD_S)
        return self._trial([slow, *rest]).noting(f"record {slow} is slow")

    @trouble
    def crowded_store(
        self, rng: np.random.Generator, n: int = 24, record_ids: list[int] | None = None
    ) -> Trial:
        """The store answers nobody until eight fetches wait, or for eight seconds."""
        self.fetch_gate = self.gate(lambda: len(self.open("fetch")) >= MIN_IN_FLIGHT, guard_s=GUARD_S)
        return self._trial(record_ids or self.draw_ids(rng, n))

    @trouble
    def dead_workers(
        self, rng: np.random.Generator, n: int = 24, record_ids: list[int] | None = None
    ) -> Trial:
        """One worker dies in a fetch, another while it scores."""
        ids = record_ids or self.draw_ids(rng, n)
        in_fetch, in_score = ids[len(ids) // 8], ids[len(ids) * 14 // 24]
        self.kill_on_fetch, self.kill_on_score = {in_fetch}, {in_score}
        return self._trial(ids).noting(f"a worker dies fetching {in_fetch}, another scoring {in_score}")

    # -- operations ------------------------------------------------------------------------------------

    async def fetch(self, call: Call, record_id: int) -> dict[str, Any]:  # noqa: ARG002
        """Operation: return one record after about 40 ms; at most CAPACITY are served at a time."""
        if record_id < 0:
            raise Refuse("NotFound", record_id)
        for gate in (self.fetch_gate, self.fetch_gates.get(record_id)):
            if gate is not None:
                await gate.passed(self)
        async with self._slots:
            await asyncio.sleep(FETCH_S)
        if record_id in self.kill_on_fetch:
            self.kill_on_fetch.discard(record_id)
            raise KillWorker
        if record_id in self.failing:
            raise Refuse("StoreDown", record_id)
        if record_id in self.missing:
            raise Refuse("NotFound", record_id)
        return {"id": record_id, "history": self.history(record_id)}

    async def score(self, call: Call, record_id: int) -> None:  # noqa: ARG002
        """Operation: a scoring starts; its entry in the ledger stays open until the scoring ends."""
        if self.score_gate is not None:
            await self.score_gate.passed(self)
        if record_id in self.kill_on_score:
            self.kill_on_score.discard(record_id)
            raise KillWorker
