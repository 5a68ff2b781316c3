"""The archive and the state store as the judge runs them: delays, faults, and the saved states."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Literal

import numpy as np

from grader.suite import Call, Entry, KillWorker, OutsideWorld, Refuse

STREAMS = 4  # chunks delivered at a time
LATENCY_S = 0.04
BYTES_PER_S = 20e6
READING_BYTES = 8
MAX_READINGS = 2**40  # that a file can hold
MAX_STATE_BYTES = 500_000
TOGETHER_WITHIN_S = 8.0  # how long chunks wait for others to arrive
HELD_WITHIN_S = 6.0  # how long a save waits for its process to be killed


class World(OutsideWorld):
    """The archive of one test. The test sets the attributes before it calls the learner.

    Attributes:
        latency_s: how long each chunk takes in addition to its bytes.
        bytes_per_s: how fast the bytes of a chunk are delivered.
        together_bytes: once, chunks are held until two or more are open with this many bytes together.
        kill_at_save: number of a save -> its process is killed "before" or "after" the state is stored.
        hold_saves: saves are not answered while this is true.
        states: the state saved last, by key.
        files: readings by path, where a test can note what it wrote.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.latency_s = LATENCY_S
        self.bytes_per_s = BYTES_PER_S
        self.together_bytes = 0
        self.kill_at_save: dict[int, Literal["before", "after"]] = {}
        self.hold_saves = False
        self.states: dict[str, bytes] = {}
        self.files: dict[str, np.ndarray] = {}
        self._slots = asyncio.Semaphore(STREAMS)
        self._together = False
        self._together_since_s: float | None = None

    async def chunk(self, call: Call, path: str, first: int, count: int) -> None:  # noqa: ARG002
        """Operation: read some readings. The entry stays open until the learner lets go of them."""
        if not (0 <= first <= MAX_READINGS and 0 <= count <= MAX_READINGS):
            raise Refuse("BadRange", f"readings {first} to {first + count}")
        await self._wait_for_others()
        async with self._slots:
            await asyncio.sleep(self.latency_s + count * READING_BYTES / self.bytes_per_s)

    async def settle(self, call: Call) -> None:
        """Operation: its answer shows that whatever this connection sent earlier is in the books."""

    async def save(self, call: Call, key: str, state: bytes) -> None:
        """Operation: store a state."""
        if len(state) > MAX_STATE_BYTES:
            raise Refuse("TooLarge", f"a state of {len(state):,} bytes")
        fault = self.kill_at_save.get(call.number)
        if fault == "before":
            raise KillWorker
        if self.hold_saves:
            await self.until(lambda: not self.hold_saves, within_s=HELD_WITHIN_S)
        self.states[key] = state
        if fault == "after":
            raise KillWorker

    async def load(self, call: Call, key: str) -> bytes | None:  # noqa: ARG002
        """Operation: return the state stored last."""
        return self.states.get(key)

    def chunks(self) -> list[Entry]:
        """Every chunk that was asked for, except those that do not exist."""
        return [entry for entry in self.ledger.entries("chunk") if entry.outcome != "refused"]

    def most_open(self, since: int = 0) -> list[Entry]:
        """The chunks that were open when the most bytes were, counting from entry number `since`."""
        chunks = [chunk for chunk in self.chunks() if chunk.number >= since]
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
