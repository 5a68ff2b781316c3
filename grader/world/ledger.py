"""The judge's own books: who asked the world for what, from which process, from when to when."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

CallOutcome = Literal["open", "ok", "refused", "killed", "dropped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One operation.

    Args:
        number: Position in the ledger, from 0.
        op: Name of the operation.
        args: Its arguments as plain data.
        pid: The process that asked, according to the kernel.
        start_s: Monotonic time of its arrival, in seconds.
        end_s: Monotonic time of its end; None while it is open.
        outcome: "open"; "ok"; "refused" by the world; "killed" (the judge killed the calling process and
            saw it dead); "dropped" (its connection was closed before the end).
        is_hopeless: Whether it is known that it will never be answered.
        caller_lived: For what was dropped, whether the calling process was alive at that moment; None for the
            rest, and where the grading itself ended the call.
    """

    number: int
    op: str
    args: tuple[Any, ...]
    pid: int
    start_s: float
    end_s: float | None = None
    outcome: CallOutcome = "open"
    is_hopeless: bool = False
    caller_lived: bool | None = None

    @property
    def hung_up(self) -> bool:
        """Whether a living process gave the call up.

        This alone proves nothing bad: a task that is cancelled by `ray.cancel(ref)` gets a KeyboardInterrupt
        in the middle of the call. A timeout inside the task gives it up as well, and the task goes on.
        """
        return self.outcome == "dropped" and self.caller_lived is True


class Ledger:
    """Entries in order of arrival; written by the world server's loop, read by tests."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._lock = threading.Lock()

    def begin(self, op: str, args: tuple[Any, ...], pid: int) -> Entry:
        """Record an operation that starts now."""
        with self._lock:
            entry = Entry(number=len(self._entries), op=op, args=args, pid=pid, start_s=time.monotonic())
            self._entries.append(entry)
            return entry

    def end(self, entry: Entry, outcome: CallOutcome, *, caller_lived: bool | None = None) -> None:
        """Close an operation now; it closes only once."""
        with self._lock:
            if self._entries[entry.number].outcome == "open":
                self._entries[entry.number] = replace(
                    self._entries[entry.number],
                    end_s=time.monotonic(),
                    outcome=outcome,
                    caller_lived=caller_lived,
                )

    def give_up(self, entry: Entry) -> None:
        """Record that an operation will never be answered."""
        with self._lock:
            self._entries[entry.number] = replace(self._entries[entry.number], is_hopeless=True)

    def entries(self, op: str | None = None, outcome: CallOutcome | None = None) -> list[Entry]:
        """The entries with this operation and outcome; None stands for any."""
        with self._lock:
            return [
                e
                for e in self._entries
                if op in (None, e.op) and outcome in (None, e.outcome)
            ]  # fmt: skip

    def count(self, op: str | None = None, outcome: CallOutcome | None = None) -> int:
        """How many entries have this operation and outcome; None stands for any."""
        return len(self.entries(op, outcome))

    def peak(self, op: str | None = None) -> int:
        """The largest number of entries with this operation that were open at once; None stands for any."""
        return peak(self.entries(op))


def peak(entries: Iterable[Entry]) -> int:
    """The largest number of these entries that were open at once.

    Suites give it the calls whose answers a result was made from: calls made for show overlap nothing.
    """
    moments: list[tuple[float, int]] = []
    for entry in entries:
        moments.append((entry.start_s, 1))
        if entry.end_s is not None:
            moments.append((entry.end_s, -1))
    running = highest = 0
    for _, change in sorted(moments):  # an end at the same instant counts before a start
        running += change
        highest = max(highest, running)
    return highest
