"""The archive and the state store as the judge runs them: delays, faults, and the saved states."""

from __future__ import annotations

import asyncio
import functools
import os
import shutil
import tempfile
import time
import weakref
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from grader.suite import Call, Entry, KillWorker, OutsideWorld, Refuse, Trial, trouble

STREAMS = 4  # chunks delivered at a time
LATENCY_S = 0.04
BYTES_PER_S = 20e6
READING_BYTES = 8
MAX_READINGS = 2**40  # that a file can hold
MAX_STATE_BYTES = 500_000
MAX_STORE_BYTES = 20_000_000  # of all states together
MAX_SHIFT = 0.01  # of the readings of a chunk, as delivered
TOGETHER_WITHIN_S = 8.0  # how long chunks wait for others to arrive
HELD_WITHIN_S = 20.0  # how long a save waits for its process to be killed
TRIAL_S = 25.0  # against hangs only
MB = 1_000_000

Batch = tuple[int, np.ndarray]


class Archive:
    """A folder of .npy files; gone when it is removed, or at the end of the process."""

    def __init__(self) -> None:
        self._open()

    def _open(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="kata-archive-"))
        self.remove = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._n = 0

    def path(self) -> str:
        """An unused name."""
        self._n += 1
        return str(self._folder / f"sensor-{self._n:04d}.npy")

    def add(self, readings: np.ndarray) -> str:
        """Write a file and return its path."""
        path = self.path()
        np.save(path, readings)
        return path

    def add_all(self, drawn: Iterable[np.ndarray]) -> dict[str, np.ndarray]:
        """Write a file for each array and return the arrays by path."""
        return {self.add(readings): readings for readings in drawn}

    def link(self, path: str) -> str:
        """The same file under another name."""
        other = self.path()
        os.link(path, other)
        return other

    def clear(self) -> None:
        """Remove all files written so far; the next ones lie in a new folder, where nobody has been."""
        self.remove()
        self._open()


class World(OutsideWorld):
    """The archive of one test. The test sets the attributes before it calls the learner.

    Attributes:
        latency_s: how long each chunk takes in addition to its bytes.
        bytes_per_s: how fast the bytes of a chunk are delivered.
        together_bytes: once, chunks are held until two or more are open with this many bytes together.
        kill_at_save: number of a save -> its process is killed "before" or "after" the state is stored.
        backup_at_save: number of a save after which a backup is made; it is put back by the next kill.
        hold_saves: while set, saves are not answered, and wait "before" or "after" the state is stored.
        n_saves_held: how many saves wait now.
        states: the state saved last, by key; a test may put earlier ones back.
        shifts: by entry, how far the readings of a chunk are shifted.
        files: readings by path, where a test can note what it wrote.
        errors: why a file cannot be read, by path, likewise.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.latency_s = LATENCY_S
        self.bytes_per_s = BYTES_PER_S
        self.together_bytes = 0
        self.kill_at_save: dict[int, Literal["before", "after"]] = {}
        self.backup_at_save: int | None = None
        self._backup: dict[str, bytes] | None = None
        self.hold_saves: Literal["before", "after"] | None = None
        self.n_saves_held = 0
        self.states: dict[str, bytes] = {}
        self.shifts: dict[int, float] = {}
        self.files: dict[str, np.ndarray] = {}
        self.errors: dict[str, str] = {}
        self._shift_rng = np.random.default_rng(rng.integers(2**63))
        self._slots = asyncio.Semaphore(STREAMS)
        self._together = False
        self._together_since_s: float | None = None

    # -- troubles: set up by tests and by `grade.py try` -------------------------------------------------

    @functools.cached_property
    def archive(self) -> Archive:
        """Where files are written; empty at first."""
        return Archive()

    def _stream(self, rng: np.random.Generator, batches: list[Batch], last_k: int) -> Trial:
        """Feed one actor, and look at it at the end."""
        job = {
            "name": f"field-{rng.integers(10**9)}",
            "last_k": last_k,
            "batches": batches,
            "looks": [len(batches)],
        }
        return Trial.scenario("summaries", jobs=[job], deadline_s=TRIAL_S)

    def _batches(
        self, rng: np.random.Generator, n: int, readings: int, given: list[list[float]] | None
    ) -> list[Batch]:
        """The batches that were given, or new ones; each is higher than the one before."""
        if given:
            return [(number, np.array(batch, dtype=np.float64)) for number, batch in enumerate(given)]
        return [(number, rng.normal(number, 1.0, readings)) for number in range(n)]

    @trouble
    def none(
        self,
        rng: np.random.Generator,
        n: int = 60,
        readings: int = 500_000,
        last_k: int = 4,
        batches: list[list[float]] | None = None,
    ) -> Trial:
        """Nothing goes wrong with an actor that gets many large batches."""
        sent = self._batches(rng, min(n, 2), readings, batches)
        if not batches:  # two arrays, sent again and again under new numbers, so that they are quick to make
            sent = [(number, sent[number % 2][1]) for number in range(n)]
        return self._stream(rng, sent, last_k)

    @trouble
    def missing_readings(self, rng: np.random.Generator, last_k: int = 2) -> Trial:
        """Batches are empty, or hold only NaN, or some."""
        mixed = rng.normal(3.0, 1.0, 900)
        mixed[rng.choice(900, size=300, replace=False)] = np.nan
        order = [np.empty(0), np.full(40, np.nan), mixed, rng.normal(-2.0, 1.0, 30_000), np.empty(0)]
        return self._stream(rng, list(enumerate(order)), last_k)

    @trouble
    def dead_actor(
        self,
        rng: np.random.Generator,
        n: int = 24,
        readings: int = 20_000,
        last_k: int = 4,
        batches: list[list[float]] | None = None,
    ) -> Trial:
        """The actor's process dies twice: before a state is saved, and after one is."""
        self.kill_at_save = {1: "before", 3: "after"}
        return self._stream(rng, self._batches(rng, n, readings, batches), last_k).noting(
            "the second save kills before the state is stored, the fourth one afterwards"
        )

    @trouble
    def older_state(
        self,
        rng: np.random.Generator,
        n: int = 24,
        readings: int = 20_000,
        last_k: int = 4,
        batches: list[list[float]] | None = None,
    ) -> Trial:
        """The actor's process dies, and a backup is put back into the state store before it starts over."""
        self.backup_at_save, self.kill_at_save = 5, {12: "before"}
        return self._stream(rng, self._batches(rng, n, readings, batches), last_k).noting(
            "the thirteenth save kills and brings the states of the sixth back; the rest is not sent again"
        )

    def _process(self, paths: Sequence[str], budget_bytes: int) -> Trial:
        return Trial.call("process", list(paths), memory_budget_bytes=budget_bytes, deadline_s=TRIAL_S)

    @trouble
    def large_files(
        self,
        rng: np.random.Generator,
        lengths: list[int] = [3_000_000, 200_000, 30_000, 650_000, 500_000],  # noqa: B006 - never changed
        budget_bytes: int = 8 * MB,
    ) -> Trial:
        """Nothing goes wrong with an archive whose largest file is three times the budget."""
        self.latency_s, self.bytes_per_s = 0.02, 400e6
        self.files = self.archive.add_all([rng.normal(2.0, 1.0, n) for n in lengths])
        return self._process(list(self.files), budget_bytes)

    @trouble
    def held_chunks(self, rng: np.random.Generator, budget_bytes: int = 4 * MB) -> Trial:
        """The archive delivers nothing until two chunks fill half of the budget, or for eight seconds."""
        self.together_bytes = budget_bytes // 2
        self.files = self.archive.add_all(rng.normal(2.0, 1.0, (6, 225_000)))
        return self._process(list(self.files), budget_bytes)

    @trouble
    def bad_files(self, rng: np.random.Generator, budget_bytes: int = MB) -> Trial:
        """Of seven files one is missing, one truncated, one holds integers, and one is no .npy file."""
        self.latency_s = 0.01
        archive = self.archive
        self.files = archive.add_all(rng.normal(5.0, 1.0, (3, 60_000)))
        short = Path(archive.add(rng.normal(50.0, 1.0, 300_000)))
        there = int(rng.integers(220_000, 290_000))
        with short.open("rb+") as file:
            file.truncate(short.stat().st_size - READING_BYTES * (300_000 - there))
        table = Path(archive.path())
        table.write_text("time,reading\n" + "\n".join(f"{n},{n / 7}" for n in range(500)))
        self.errors = {
            str(short): f"truncated: {there} of 300000 readings are there",
            str(table): "not a .npy file",
            archive.add(rng.integers(0, 9, 500, dtype=np.int32)): (
                "holds int32 of shape (500,), not float64 in one dimension"
            ),
            archive.path(): "there is no such file",
        }
        good, bad = list(self.files), list(self.errors)
        paths = [good[0], bad[0], bad[1], good[1], bad[2], bad[3], good[2]]
        return self._process(paths, budget_bytes)

    # -- operations ------------------------------------------------------------------------------------

    async def chunk(self, call: Call, path: str, first: int, count: int) -> float:  # noqa: ARG002
        """Operation: read some readings; the entry stays open until the learner lets go of them.

        The answer is how far they are shifted, so the figures tell which chunks they were computed from.
        """
        if not (0 <= first <= MAX_READINGS and 0 <= count <= MAX_READINGS):
            raise Refuse("BadRange", f"readings {first} to {first + count}")
        await self._wait_for_others()
        async with self._slots:
            await asyncio.sleep(self.latency_s + count * READING_BYTES / self.bytes_per_s)
        self.shifts[call.entry.number] = shift = float(self._shift_rng.uniform(-MAX_SHIFT, MAX_SHIFT))
        return shift

    async def settle(self, call: Call) -> None:
        """Operation: its answer shows that whatever this connection sent earlier is in the books."""

    async def save(self, call: Call, key: str, state: bytes) -> None:
        """Operation: store a state."""
        if len(state) > MAX_STATE_BYTES:
            raise Refuse("TooLarge", f"a state of {len(state):,} bytes")
        if (
            sum(len(kept) for other, kept in self.states.items() if other != key) + len(state)
            > MAX_STORE_BYTES
        ):
            raise Refuse("Full", f"all states together would have more than {MAX_STORE_BYTES:,} bytes")
        fault = self.kill_at_save.get(call.number)
        if fault == "before":
            self.states = self.states if self._backup is None else dict(self._backup)
            raise KillWorker
        if self.hold_saves == "before":
            await self._released()
        self.states[key] = state
        if call.number == self.backup_at_save:
            self._backup = dict(self.states)
        if fault == "after":
            raise KillWorker
        if self.hold_saves == "after":
            await self._released()

    async def load(self, call: Call, key: str) -> bytes | None:  # noqa: ARG002
        """Operation: return the state that is stored."""
        return self.states.get(key)

    async def _released(self) -> None:
        """Wait, also when nothing else moves: the test is about to kill the caller, who must not get on."""
        self.n_saves_held += 1
        until_s = time.monotonic() + HELD_WITHIN_S
        try:
            while self.hold_saves and time.monotonic() < until_s:
                await asyncio.sleep(0.002)
        finally:
            self.n_saves_held -= 1

    def chunks(self) -> list[Entry]:
        """Every chunk that was asked for, except those that do not exist."""
        return [entry for entry in self.ledger.entries("chunk") if entry.outcome != "refused"]

    @staticmethod
    def most_open(chunks: Sequence[Entry]) -> list[Entry]:
        """Those of these chunks that were open when the most bytes were."""
        moments = [(chunk.start_s, 1, chunk) for chunk in chunks]
        moments += [(chunk.end_s, 0, chunk) for chunk in chunks if chunk.end_s is not None]
        running: dict[int, Entry] = {}
        most: list[Entry] = []
        for _, starts, chunk in sorted(moments, key=lambda moment: moment[:2]):
            if not starts:
                running.pop(chunk.number, None)
                continue
            running[chunk.number] = chunk
            if open_bytes(running.values()) > open_bytes(most):
                most = list(running.values())
        return most

    def _is_together(self) -> bool:
        running = self.open("chunk")
        if len(running) > 1 and open_bytes(running) >= self.together_bytes:
            self._together = True
        return self._together

    async def _wait_for_others(self) -> None:
        if not self.together_bytes or self._together:
            return
        if self._together_since_s is None:
            self._together_since_s = time.monotonic()
        await self.until(self._is_together, TOGETHER_WITHIN_S, since_s=self._together_since_s)
        self._together = True


def open_bytes(chunks: Iterable[Entry]) -> int:
    """How many bytes these chunks count together."""
    return sum(chunk.args[2] * READING_BYTES for chunk in chunks)
