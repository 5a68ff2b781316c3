"""What the outside world saw of a program, from its ledger: how often and how much at once, and what broke.

Pure: a table with a row for each operation, and the calls that did not end with an answer, in order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.explain.trace import peak
from grader.world.ledger import CallOutcome, Entry

_SHOWN = 60
_WORDS: Mapping[CallOutcome, str] = {
    "refused": "was refused",
    "killed": "killed its caller",
    "dropped": "was given up: its caller died or was stopped",
    "open": "has not been answered",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationSeen:
    """One operation.

    Args:
        op: Its name.
        calls: How often it was asked for.
        at_once: The most calls that were open at one moment.
        processes: From how many processes.
        longest_s: The longest time that one took until it ended, or until the last one did.
        repeated: Calls with the same arguments as an earlier one, if they have any; arrays are not compared.
        endings: How many calls ended in each way.
    """

    op: str
    calls: int
    at_once: int
    processes: int
    longest_s: float
    repeated: int
    endings: Mapping[CallOutcome, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mishap:
    """A call that did not end with an answer.

    Args:
        at_s: When it ended, or began if it has not ended; in seconds since the start.
        pid: The calling process.
        what: The call and what became of it, in words.
    """

    at_s: float
    pid: int
    what: str


def operations_seen(entries: Sequence[Entry]) -> list[OperationSeen]:
    """A row for each operation, in the order of their first calls."""
    return [_seen(op, [e for e in entries if e.op == op]) for op in dict.fromkeys(e.op for e in entries)]


def _seen(op: str, entries: Sequence[Entry]) -> OperationSeen:
    last_s = max(
        (moment for e in entries for moment in (e.start_s, e.end_s) if moment is not None), default=0.0
    )
    asked = Counter(identity for e in entries if (identity := _identity(e.args)))
    return OperationSeen(
        op=op,
        calls=len(entries),
        at_once=peak((e.start_s, last_s + 1 if e.end_s is None else e.end_s) for e in entries),
        processes=len({e.pid for e in entries}),
        longest_s=max((last_s if e.end_s is None else e.end_s) - e.start_s for e in entries),
        repeated=sum(n - 1 for n in asked.values()),
        endings=Counter(e.outcome for e in entries),
    )


def mishaps(entries: Iterable[Entry], began_s: float) -> list[Mishap]:
    """The calls that did not end with an answer, by time."""
    found = [
        Mishap(
            at_s=(entry.start_s if entry.end_s is None else entry.end_s) - began_s,
            pid=entry.pid,
            what=f"{entry.op}({', '.join(map(brief, entry.args))}) {_WORDS[entry.outcome]}",
        )
        for entry in entries
        if entry.outcome != "ok"
    ]
    return sorted(found, key=lambda mishap: mishap.at_s)


def brief(value: Any) -> str:
    """A plain value in a few characters."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype} array of shape {value.shape}"
    if isinstance(value, bytes):
        return f"{len(value):,} bytes"
    if isinstance(value, list) and len(value) > 3:
        return f"[{brief(value[0])}, … {len(value)} in all]"
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _identity(args: tuple[Any, ...]) -> str:
    """What tells a call from others; empty if it has nothing of the kind."""
    telling = [arg for arg in args if not isinstance(arg, np.ndarray)]
    return repr(telling) if telling else ""
