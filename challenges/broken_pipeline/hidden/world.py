"""The source, price server and sink that the judge runs: the day's batches, the delays and the faults."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from grader.suite import Call, Entry, KillWorker, OutsideWorld, Refuse, Trial, trouble

ENRICH_S = 0.03
TRANSFORM_S = 0.004  # per record
WRITE_S = 0.03
N_PARTS = 4
STEPS = ("enrich", "transform", "write")
WARM_WITHIN_S = 30.0
READY_WITHIN_S = 40.0
N_WORKERS = 8  # started before calls have to meet
USUAL_SIZES = [6] * 16  # those of the race: nothing tells a day that is timed from others
GUARD_S = 8.0  # how long calls wait for each other
TRIAL_S = 25.0  # only against hangs

Record = dict[str, Any]
Batch = list[Record]
Row = dict[str, Any]


def spoil(record: Record, kind: int, rng: np.random.Generator) -> str:
    """Make a record break one rule of `validate`, and return the reason it has to be rejected for."""
    if kind == 0:
        del record["customer"]
        return "it has no customer"
    if kind == 1:
        record["sku"] = ""
        return "it has no sku"
    if kind == 2:
        record["quantity"] = f"{rng.integers(2, 9)} pieces"
        return f"its quantity is {record['quantity']!r}"
    record["quantity"] = -int(rng.integers(100))
    return f"its quantity is {record['quantity']}, expected at least 1"


class Gate:
    """Holds callers until a condition has been true once, or until its guard time is over.

    The guard time starts with the first caller, and whoever comes after its end passes at once: a
    program that never meets the condition waits once, not once per call.

    Args:
        condition: What callers wait for.
        guard_s: The longest the gate stays closed.
        linger_s: How long it stays closed after the condition has come true.
    """

    def __init__(self, condition: Callable[[], bool], *, guard_s: float, linger_s: float = 0.0) -> None:
        self._condition = condition
        self._guard_s, self._linger_s = guard_s, linger_s
        self._since_s: float | None = None
        self._met_at_s: float | None = None
        self.met = False

    def _is_open(self) -> bool:
        if not self.met and self._condition():
            self.met, self._met_at_s = True, time.monotonic()
        return self._met_at_s is not None and time.monotonic() >= self._met_at_s + self._linger_s

    async def passed(self, world: OutsideWorld) -> None:
        """Return when the gate is open."""
        if self._since_s is None:
            self._since_s = time.monotonic()
        await world.until(self._is_open, within_s=self._guard_s, since_s=self._since_s)


class World(OutsideWorld):
    """One day of one test. The test sets the attributes before it calls the solution.

    A batch is identified by its index in `batches`, a record by its id.

    Attributes:
        batches: The day's batches, in order; filled by `add`.
        poison: record id -> (type, text) of the exception that `transform` raises for it.
        breaks: Once all batches are handed over, the source raises with this text instead of ending.
        closes_after: The sink closes once it has taken this many batches.
        kill_in_transform: ids of records whose next transform kills the calling process (once each).
        kill_after_write: Which writes, counted from 1 as the sink takes them, kill the calling process (if it
            is dying already, a later one does).
        gates: (operation, batch or None for all) -> the gate its calls wait at.
        slow: (operation, batch) -> seconds a call takes instead of the usual time.
        enrich_s, transform_s, write_s: How long a call usually takes.
        sink: Place of the sink of the run that is judged now; there is no other.
        acknowledged_every_s: Answers to writes go out together, at multiples of this.

        taken: What the sinks hold: rows by (place of the sink, batch id).
        taken_by: The number of the call that wrote them, by the same key.
        read_ahead: For each batch handed over, how many others were in flight at that moment.
        read_at_s: When each of them was asked for, in monotonic seconds; only with a source that is no list.
        broke: The source has raised.
        written_meanwhile: With `slow_batch`, the other batches that were written while it was held.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.batches: list[Batch] = []
        self.poison: dict[str, tuple[str, str]] = {}
        self.breaks = ""
        self.closes_after: int | None = None
        self.kill_in_transform: set[str] = set()
        self.kill_after_write: set[int] = set()
        self.gates: dict[tuple[str, int | None], Gate] = {}
        self.slow: dict[tuple[str, int], float] = {}
        self.sink = f"sink-{rng.integers(2**32):08x}"
        self.enrich_s, self.transform_s, self.write_s = ENRICH_S, TRANSFORM_S, WRITE_S
        self.acknowledged_every_s = 0.0

        self.taken: dict[tuple[str, int | str], list[Row]] = {}
        self.taken_by: dict[tuple[str, int | str], int] = {}
        self.read_ahead: list[int] = []
        self.read_at_s: list[float] = []
        self.broke = False
        self.written_meanwhile: set[int] = set()

        # What each call handed out, and the call's number: a row shows which calls it was made from.
        self._quotes: dict[int, int] = {}
        self._stamps: dict[int, int] = {}
        self._nonces = np.random.default_rng(rng.integers(2**63))
        self._parts: dict[str, list[int]] = {}
        self._batch_of: dict[str, int] = {}
        self._reasons: dict[str, str] = {}
        self._unfinished: dict[int, set[str]] = {}
        self._warm: set[int] = set()

    # -- the day ---------------------------------------------------------------------------------

    def add(self, batch: Batch, parts: list[list[int]], reasons: dict[str, str]) -> None:
        """Append a batch to the day.

        Args:
            batch: Its records.
            parts: The parts of each record's unit price, in cents.
            reasons: For the records that break a rule of `validate`: id -> reason.
        """
        for record, prices in zip(batch, parts, strict=True):
            self._parts[record["id"]] = prices
            self._batch_of[record["id"]] = len(self.batches)
        self._reasons |= reasons
        self.batches.append(batch)

    def gate(self, condition: Callable[[], bool], *, guard_s: float, linger_s: float = 0.0) -> Gate:
        """Make a gate, to be put into `gates`."""
        return Gate(condition, guard_s=guard_s, linger_s=linger_s)

    def reasons(self) -> dict[str, str]:
        """The reasons for which records of the day have to be rejected, by id."""
        return self._reasons | {record_id: text for record_id, (_, text) in self.poison.items()}

    def row(self, record: Record) -> Row:
        """The oracle: the row to be written for an accepted record, but for its stamp."""
        cents = record["quantity"] * sum(self._parts[record["id"]])
        return {"id": record["id"], "customer": record["customer"], "cents": cents}

    def rows_of(self, batch: int) -> list[Row]:
        """The rows of a batch's accepted records."""
        reasons = self.reasons()
        return [self.row(record) for record in self.batches[batch] if record["id"] not in reasons]

    def batch_of(self, record_id: Any) -> int | None:
        """The batch a record belongs to; None if there is no such record."""
        return self._batch_of.get(record_id) if type(record_id) is str else None

    def written(self) -> set[int]:
        """Batches that have a row in a sink."""
        rows = [row for taken in list(self.taken.values()) for row in taken]
        batches = {self.batch_of(row.get("id")) for row in rows}
        return {batch for batch in batches if batch is not None}

    def waiting(self, op: str) -> set[int]:
        """Batches with an open call of an operation."""
        found = (self.batch_of_call(op, entry.args) for entry in self.open(op))
        return {batch for batch in found if batch is not None}

    def made_from(self, row: Row) -> tuple[Entry, Entry] | None:
        """The calls of `enrich` and `transform` whose answers a row was made from; None if there are none."""
        entries = self.ledger.entries()
        stamped = self._stamps.get(row["stamp"])
        if stamped is None or entries[stamped].args[0] != row["id"]:
            return None
        return entries[self._quotes[entries[stamped].args[1]]], entries[stamped]

    def calls_of(self) -> dict[int, list[Entry]]:
        """The calls for each batch's records, also refused and repeated ones."""
        found: dict[int, list[Entry]] = {}
        for entry in self.ledger.entries():
            if entry.op in STEPS and (batch := self.batch_of_call(entry.op, entry.args)) is not None:
                found.setdefault(batch, []).append(entry)
        return found

    def deaths(self, batch: int, calls: list[Entry]) -> int:
        """How many workers died that had made one of a batch's calls, or while it was in flight."""
        own = {entry.pid for entry in calls}
        start_s = self.read_at_s[batch] if batch < len(self.read_at_s) else 0.0
        ends = [entry.end_s for entry in calls if entry.op == "write" and entry.end_s]
        end_s = min(ends, default=math.inf)
        killed = self.ledger.entries(outcome="killed")
        return sum(entry.pid in own or start_s <= (entry.end_s or 0.0) <= end_s for entry in killed)

    def batch_of_call(self, op: str, args: tuple[Any, ...]) -> int | None:
        """The batch that a call is for; None if it is for none."""
        if op == "transform":
            return self.batch_of(args[0])
        if op == "enrich":
            return self.batch_of(args[0][0]) if args[0] else None
        rows = args[2]
        return self.batch_of(rows[0].get("id")) if rows and type(rows[0]) is dict else None

    # -- troubles: set up by tests and by `grade.py try` -------------------------------------------------

    def draw_day(
        self,
        rng: np.random.Generator,
        sizes: list[int],
        *,
        customers: list[str] | None = None,
        n_invalid: int = 0,
        cents: int = 50_000,
    ) -> list[Batch]:
        """Make up a day's batches and append them to the day.

        Args:
            rng: Source of its records.
            sizes: The number of records in each batch.
            customers: Who orders; by default, each batch has its own two customers.
            n_invalid: How many records of each batch break a rule.
            cents: The largest a part of a unit price can be.
        """
        known = {record["id"] for batch in self.batches for record in batch}
        numbers = (f"o-{number}" for number in rng.permutation(np.arange(10_000, 100_000)))
        names = (f"c-{number}" for number in rng.permutation(np.arange(1_000, 10_000)))
        day = []
        for size in sizes:
            own = customers or [next(names), next(names)]
            batch: Batch = [
                {
                    "id": next(number for number in numbers if number not in known),
                    "customer": own[i % len(own)],
                    "sku": f"s-{rng.integers(100, 1000)}",
                    "quantity": int(rng.integers(1, 9)),
                }
                for i in range(size)
            ]
            reasons = {}
            for i in rng.permutation(size)[:n_invalid]:
                reasons[batch[i]["id"]] = spoil(batch[i], int(rng.integers(4)), rng)
            parts = rng.integers(1, cents, size=(size, N_PARTS), endpoint=True)
            self.add(batch, parts.tolist(), reasons)
            day.append(batch)
        return day

    def _day(
        self, rng: np.random.Generator, sizes: list[int], batches: list[Batch] | None, *, n_invalid: int = 1
    ) -> list[Batch]:
        """The batches that were given, or new ones of these sizes."""
        if not batches:
            return self.draw_day(rng, sizes, n_invalid=n_invalid)
        for batch in batches:
            self.add(batch, rng.integers(1, 50_000, size=(len(batch), N_PARTS)).tolist(), {})
        return batches

    def _list(self, day: list[Batch], **options: int) -> Trial:
        trial = Trial.scenario(
            "run_list", batches=day, place=self.sink, options=options, lazily=False, deadline_s=TRIAL_S
        )
        return trial.after(self._ready())

    def _stream(self, limit: int) -> Trial:
        trial = Trial.scenario("stream", place=self.sink, limit=limit, deadline_s=TRIAL_S)
        return trial.after(self._ready())

    @staticmethod
    def _ready() -> Trial:
        return Trial.scenario("ready", n_workers=N_WORKERS, deadline_s=READY_WITHIN_S)

    @trouble
    def none(
        self,
        rng: np.random.Generator,
        sizes: list[int] = [4, 3, 5, 4, 2, 3, 5, 4],  # noqa: B006 - never changed
        max_in_flight: int = 8,
        batches: list[Batch] | None = None,
    ) -> Trial:
        """Nothing goes wrong, but one record of each batch is invalid."""
        return self._list(self._day(rng, sizes, batches), max_in_flight=max_in_flight)

    @trouble
    def bad_records(
        self,
        rng: np.random.Generator,
        sizes: list[int] = [4, 3, 5, 4, 4, 3, 4, 5],  # noqa: B006
        batches: list[Batch] | None = None,
    ) -> Trial:
        """Some valid records cannot be transformed, each for an exception of another type."""
        day = self._day(rng, sizes, batches)
        kinds = ["TransformError", "ArithmeticError", "LookupError", "OverflowError", "ValueError"]
        good = [row["id"] for batch in range(len(self.batches)) for row in self.rows_of(batch)]
        for kind, record_id in zip(rng.permutation(kinds), rng.permutation(good), strict=False):
            text = f"{record_id} fits in no box of {rng.integers(10, 100)} cm"
            self.poison[str(record_id)] = (str(kind), text)
        return self._list(day).noting(f"transform fails for {', '.join(self.poison)}")

    @trouble
    def dead_in_transform(
        self,
        rng: np.random.Generator,
        sizes: list[int] = USUAL_SIZES,
        max_in_flight: int = 4,
        batches: list[Batch] | None = None,
    ) -> Trial:
        """Two workers die in the middle of a transform."""
        n_batches = len(self._day(rng, sizes, batches))
        good = [rows for rows in map(self.rows_of, rng.permutation(n_batches).tolist()) if rows]
        struck = [rows[rng.integers(len(rows))]["id"] for rows in good[:2]]
        self.kill_in_transform = set(struck)
        return self._stream(max_in_flight).noting(f"a worker dies transforming {' and '.join(struck)}")

    @trouble
    def dead_after_write(
        self,
        rng: np.random.Generator,
        sizes: list[int] = USUAL_SIZES,
        max_in_flight: int = 4,
        batches: list[Batch] | None = None,
    ) -> Trial:
        """Two workers die when the sink has taken their rows, but has not said so."""
        self.kill_after_write = {2, 7}
        self._day(rng, sizes, batches)
        return self._stream(max_in_flight).noting("the second and the seventh write kill")

    @trouble
    def slow_batch(
        self,
        rng: np.random.Generator,
        sizes: list[int] = USUAL_SIZES,
        max_in_flight: int = 4,
        batches: list[Batch] | None = None,
    ) -> Trial:
        """The prices of one batch come when all others are written, or after eight seconds."""
        day = self._day(rng, sizes, batches)
        slow = int(rng.integers(min(max_in_flight, len(day))))
        others = set(range(len(day))) - {slow}

        def others_are_written() -> bool:
            self.written_meanwhile.update(self.written() & others)
            return self.written_meanwhile == others

        self.gates["enrich", slow] = self.gate(others_are_written, guard_s=GUARD_S)
        return self._stream(max_in_flight).noting(f"slow: enrich of batch {slow}")

    @trouble
    def closed_sink(self, rng: np.random.Generator, closes_after: int = 7, max_in_flight: int = 3) -> Trial:
        """The source hardly ends, and the sink closes once it has taken seven batches."""
        self.closes_after = closes_after
        self.draw_day(rng, [3] * 80, n_invalid=1)
        return self._stream(max_in_flight)

    @trouble
    def broken_source(self, rng: np.random.Generator, n: int = 6, max_in_flight: int = 4) -> Trial:
        """The source raises after six batches, while three of them are still waiting for their prices."""
        self.breaks = f"till {rng.integers(100)} does not answer"
        day = self.draw_day(rng, [3] * n, n_invalid=1)
        for late in range(max(len(day) - 3, 0), len(day)):
            self.gates["enrich", late] = self.gate(lambda: self.broke, guard_s=3.0)
        return self._stream(max_in_flight)

    # -- operations ------------------------------------------------------------------------------

    async def read(self, call: Call) -> dict[str, Any]:
        """Operation of the source: the next batch, the end, or the text of its exception."""
        if len(self.read_ahead) < len(self.batches):
            batch = len(self.read_ahead)
            self.read_ahead.append(len(self._unfinished))
            self.read_at_s.append(call.entry.start_s)
            reasons = self.reasons()
            due = {record["id"] for record in self.batches[batch] if record["id"] not in reasons}
            if due:
                self._unfinished[batch] = due
            return {"batch": self.batches[batch]}
        self.broke = bool(self.breaks)
        return {"raise": self.breaks} if self.breaks else {"end": True}

    async def source_closed(self, call: Call) -> None:
        """Operation of the source: its clean-up has run."""

    async def returned(self, call: Call) -> None:
        """Operation of a scenario: run_pipeline has ended."""

    async def warm(self, call: Call, n_workers: int) -> None:
        """Operation of a scenario: hold workers until this many of them are there."""
        self._warm.add(call.pid)
        await self.until(lambda: len(self._warm) >= n_workers, within_s=WARM_WITHIN_S)

    async def enrich(self, call: Call, record_ids: list[str]) -> np.ndarray:
        """Operation: the parts of the unit prices, one line for each record."""
        unknown = [record_id for record_id in record_ids if record_id not in self._parts]
        if unknown:
            raise Refuse("UnknownRecord", unknown[0])
        await self._time("enrich", call, self.enrich_s)
        quote = self._handed_out(self._quotes, call)
        lines = [[*self._parts[record_id], quote] for record_id in record_ids]
        return np.array(lines, np.int64).reshape(-1, N_PARTS + 1)

    async def transform(self, call: Call, record_id: str, quote: int) -> int:
        """Operation: the computation for one record, with the quote that its prices are from."""
        quoted = self._quotes.get(quote)
        if quoted is None or record_id not in self.ledger.entries()[quoted].args[0]:
            raise Refuse("NoSuchQuote", f"there is no quote {quote} for {record_id}")
        await self._time("transform", call, self.transform_s)
        if record_id in self.kill_in_transform and not self._is_dying(call):
            self.kill_in_transform.discard(record_id)
            raise KillWorker
        if record_id in self.poison:
            raise Refuse(*self.poison[record_id])
        return self._handed_out(self._stamps, call)

    async def write(self, call: Call, place: str, batch_id: int | str, rows: list[Row]) -> None:
        """Operation: a sink takes a batch, once per id."""
        if place != self.sink:  # a late task of an earlier test, or rows that nobody would look at
            raise Refuse("ValueError", f"there is no sink {place}")
        if not all(type(row) is dict for row in rows):
            raise Refuse("ValueError", "the rows of a batch are dicts")
        await self._time("write", call, self.write_s)
        if (place, batch_id) in self.taken:
            return
        for row in rows:
            self._finish(row.get("id"))
        if self.closes_after is not None and len(self.taken) >= self.closes_after:
            raise Refuse("SinkClosed", "the sink takes no further batch")
        self.taken[place, batch_id] = rows
        self.taken_by[place, batch_id] = call.entry.number
        due = [number for number in self.kill_after_write if number <= len(self.taken)]
        if due and not self._is_dying(call):
            self.kill_after_write.discard(due[0])
            raise KillWorker
        if self.acknowledged_every_s:
            now_s, step_s = time.monotonic(), self.acknowledged_every_s
            await asyncio.sleep(math.ceil(now_s / step_s) * step_s - now_s)

    def _is_dying(self, call: Call) -> bool:
        """Whether another call's answer has just killed the same process: it cannot die twice."""
        return call.pid in {entry.pid for entry in self.ledger.entries(outcome="killed")}

    def _handed_out(self, numbers: dict[int, int], call: Call) -> int:
        """A number that nobody can guess and that no other call is given."""
        number = int(self._nonces.integers(2**53))
        numbers[number] = call.entry.number
        return number

    def _finish(self, record_id: Any) -> None:
        batch = self.batch_of(record_id)
        if batch in self._unfinished:
            self._unfinished[batch].discard(record_id)
            if not self._unfinished[batch]:
                del self._unfinished[batch]

    async def _time(self, op: str, call: Call, usual_s: float) -> None:
        batch = self.batch_of_call(op, call.entry.args)
        for key in ((op, batch), (op, None)):
            if key in self.gates:
                await self.gates[key].passed(self)
        await asyncio.sleep(usual_s if batch is None else self.slow.get((op, batch), usual_s))
