"""The record store as the judge runs it: this run's records, its delays and its faults.

No two answers are alike: each fetch of a record brings other recent payments, each scoring gets another
interest rate. So a score tells which fetch and which scoring it was made by, and what is judged are those.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from grader.suite import Call, Entry, KillWorker, OutsideWorld, Refuse, Trial, trouble

HISTORY_LENGTH = 1024
N_RECENT = 8  # payments that are still coming in: others at each fetch
MODEL_SHAPE = (2048, HISTORY_LENGTH)
CAPACITY = 8  # requests the store works on at a time; the rest wait in a queue
FETCH_S = 0.04
MIN_IN_FLIGHT = 8
MAX_FETCHES_TRIED = 8  # per score: a right program fetches a record once, and again after a death
COARSE = 1e-3  # tells two models, records, fetches or scorings apart, whatever the arithmetic
GUARD_S = 8.0
TRIAL_S = 25.0  # against hangs only


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a score was made from, as far as the books tell.

    Args:
        record_id: Whose score it is.
        returned: The score that the solution returned.
        fetch: The fetch that brought the record; None when no fetch of this call did.
        scoring: The scoring that gave the score; None when there was none.
        scored_as: What `service.score` gave in that scoring; NaN when there was none.
        expected: What this record gives at the interest rate of that scoring; NaN when either is missing.
    """

    record_id: int
    returned: float
    fetch: Entry | None = None
    scoring: Entry | None = None
    scored_as: float = float("nan")
    expected: float = float("nan")

    def is_right(self, *, within: float) -> bool:
        """Whether it is what its record and its scoring give."""
        return abs(self.returned - self.expected) <= within and abs(self.returned - self.scored_as) <= within


def scores_of(histories: Iterable[np.ndarray], rates: Sequence[float], model: np.ndarray) -> list[float]:
    """The oracle: what `features` and `score` promise, computed here for all records at once.

    Columns are records: histories (1024, n), hidden (2048, n).
    """
    columns = np.stack(list(histories), axis=1)
    inputs = (columns - columns.mean(axis=0)) / columns.std(axis=0) * (1.0 + np.asarray(rates))
    hidden = np.tanh(model @ inputs)
    hidden = np.tanh(model @ (inputs + model.T @ hidden))
    scores: list[float] = (1000.0 * hidden.mean(axis=0)).tolist()
    return scores


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
        kill_on_score: ids whose next right scoring kills the process that scores, before the score is out
            (once each). A scoring that comes to nothing is not worth a death: it would draw the fault away.
        fetch_gate: what every fetch waits for.
        score_gate: what every scoring waits for before it starts.
        fetch_gates: by id, what the fetch of that id waits for.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self._seed = int(rng.integers(2**62))
        self._moves = np.random.default_rng(self._seed)
        self._recent: dict[int, np.ndarray] = {}  # by fetch: the payments that it brought
        self._rates: dict[int, float] = {}  # by scoring: the interest rate that it was granted
        self._values: dict[int, float] = {}  # by scoring: what `service.score` gave
        self._slots = asyncio.Semaphore(CAPACITY)
        self.missing: set[int] = set()
        self.failing: set[int] = set()
        self.kill_on_fetch: set[int] = set()
        self.kill_on_score: set[int] = set()
        self.fetch_gate: Gate | None = None
        self.score_gate: Gate | None = None
        self.fetch_gates: dict[int, Gate] = {}

    def gate(self, condition: Callable[[], bool], *, guard_s: float) -> Gate:
        """A new gate, for one of the attributes above."""
        return Gate(condition, guard_s=guard_s)

    def history(self, fetch: Entry) -> np.ndarray:
        """The payment history that a fetch brought: float64, shape (HISTORY_LENGTH,); others in each run."""
        history = np.random.default_rng([self._seed, fetch.args[0]]).gamma(2.0, 150.0, HISTORY_LENGTH)
        history[-N_RECENT:] = self._recent[fetch.number]
        return history

    def origins(self, scores: list[tuple[int, float]], model: np.ndarray, *, since: int = 0) -> list[Origin]:
        """What each of these scores, (id, score), was made from.

        Args:
            scores: As the solution returned them.
            model: What they have been made with.
            since: The number of the first entry of this call.
        """
        scorings = self._answered("score", since, self._values)
        fetches = self._answered("fetch", since, self._recent)
        found: list[Origin] = []
        tried: list[tuple[int, Entry, Entry]] = []  # position, fetch, scoring
        for record_id, returned in scores:
            given = [(abs(self._values[e.number] - returned), e.number, e) for e in scorings[record_id]]
            scoring = min(given)[-1] if given else None
            if scoring is not None:
                recent = fetches[record_id][-MAX_FETCHES_TRIED:]
                tried += [(len(found), fetch, scoring) for fetch in recent]
            scored_as = float("nan") if scoring is None else self._values[scoring.number]
            found.append(Origin(record_id=record_id, returned=returned, scoring=scoring, scored_as=scored_as))
        if tried:
            rates = [self._rates[scoring.number] for *_, scoring in tried]
            values = scores_of([self.history(fetch) for _, fetch, _ in tried], rates, model)
            for (position, fetch, _), value in zip(tried, values, strict=True):
                best = found[position]
                if best.fetch is None or abs(value - best.returned) < abs(best.expected - best.returned):
                    found[position] = replace(best, fetch=fetch, expected=value)
        return found

    def _answered(self, op: str, since: int, known: Iterable[int]) -> defaultdict[int, list[Entry]]:
        """By id, the operations that were brought to their end."""
        found: defaultdict[int, list[Entry]] = defaultdict(list)
        for entry in self.ledger.entries(op, "ok"):
            if entry.number >= since and entry.number in known:
                found[entry.args[0]].append(entry)
        return found

    def in_flight(self) -> set[int]:
        """Ids that are being fetched now."""
        return {entry.args[0] for entry in self.open("fetch")}

    def scored(self) -> set[int]:
        """Ids whose scoring has finished, whatever it was worth."""
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
        ids = record_ids or self.draw_ids(rng, n)
        slow = ids[int(rng.integers(len(ids) // 3, max(1, 2 * len(ids) // 3)))]  # neither first nor last
        others = set(ids) - {slow}
        self.fetch_gates[slow] = self.gate(lambda: self.scored() >= others, guard_s=GUARD_S)
        return self._trial(ids).noting(f"record {slow} is slow")

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
        """One worker dies in a fetch, another when it has just scored."""
        ids = record_ids or self.draw_ids(rng, n)
        struck = rng.permutation(ids).tolist()  # any of them: nobody knows which calls need a second chance
        in_fetch, in_score = struck[0], struck[-1]
        self.kill_on_fetch, self.kill_on_score = {in_fetch}, {in_score}
        return self._trial(ids).noting(f"a worker dies fetching {in_fetch}, another scoring {in_score}")

    # -- operations ------------------------------------------------------------------------------------

    async def fetch(self, call: Call, record_id: int) -> dict[str, Any]:
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
        self._recent[call.entry.number] = self._moves.gamma(2.0, 150.0, N_RECENT)
        return {"id": record_id, "history": self.history(call.entry)}

    async def score(self, call: Call, record_id: int) -> float:  # noqa: ARG002
        """Operation: a scoring starts, at today's interest rate; its entry stays open until it ends."""
        if self.score_gate is not None:
            await self.score_gate.passed(self)
        rate = self._rates[call.entry.number] = float(self._moves.uniform(0.02, 0.12))
        return rate

    async def ended(self, call: Call, result: Any) -> None:
        """A scoring ends, with this score."""
        if type(result) is not float or not np.isfinite(result):
            return
        self._values[call.entry.number] = result
        record_id = call.entry.args[0]
        if record_id in self.kill_on_score and self._is_right(call.entry, result):
            self.kill_on_score.discard(record_id)
            raise KillWorker

    def _is_right(self, scoring: Entry, value: float) -> bool:
        """Whether a scoring gave what tonight's model gives for a record that was fetched."""
        histories = [
            self.history(entry)
            for entry in self.ledger.entries("fetch", "ok")
            if entry.args == scoring.args and entry.number in self._recent
        ][-MAX_FETCHES_TRIED:]
        if not histories:
            return False
        expected = scores_of(histories, [self._rates[scoring.number]] * len(histories), self.model)
        return any(abs(value - one) <= COARSE for one in expected)
