"""A sitting's journal: an append-only file that a crash cannot spoil, and what it says."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.errors import GradingError
from grader.mock.clock import Instant, now
from grader.mock.draw import Plan
from grader.system.files import writing


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLine:
    """A line of the journal after the first.

    Args:
        do: What happened: "saved", "answered", "hinted", "tried", "warned", "submitted", "abandoned",
            "graded", "scored".
        at_s: Seconds since the beginning.
        facts: The rest, by name.
    """

    do: str
    at_s: float
    facts: dict[str, Any]


class Journal:
    """One sitting on disk.

    Args:
        path: Of the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        lines = list(_lines(path))
        if not lines or "plan" not in lines[0]:
            raise GradingError(f"{path} is no journal of a mock: it does not begin with a plan")
        first = lines[0]
        plan = first["plan"]
        self.plan = Plan(
            **(plan | {"challenges": tuple(plan["challenges"]), "questions": tuple(plan["questions"])})
        )
        self.start = Instant(**first["start"])
        self.facts: dict[str, Any] = first["facts"]
        self.entries = [
            JournalLine(do=line["do"], at_s=line["at_s"], facts=line["facts"])
            for line in lines[1:]
            if "do" in line
        ]

    @classmethod
    def begin(cls, path: Path, plan: Plan, facts: dict[str, Any]) -> Journal:
        """Start the clock.

        Args:
            path: A new file.
            plan: What is asked.
            facts: Versions and hashes, for the card.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        _append(path, {"plan": plan.to_json(), "start": now().to_json(), "facts": facts})
        return cls(path)

    def note(self, do: str, **facts: Any) -> JournalLine:
        """Append what has just happened; it is on disk when this returns."""
        entry = JournalLine(do=do, at_s=round(self.elapsed_s(), 3), facts=facts)
        _append(self.path, {"do": entry.do, "at_s": entry.at_s, "facts": entry.facts})
        self.entries.append(entry)
        return entry

    def elapsed_s(self) -> float:
        """Seconds since the beginning."""
        return now().since(self.start)

    @property
    def limit_s(self) -> float:
        """Seconds that it lasts."""
        return 60.0 * self.plan.minutes

    @property
    def left_s(self) -> float:
        """Seconds that are left; below 0 when time is over."""
        return self.limit_s - self.elapsed_s()

    @property
    def is_open(self) -> bool:
        """Whether it was neither submitted nor abandoned."""
        return not any(entry.do in ("submitted", "abandoned") for entry in self.entries)

    @property
    def clock_change_s(self) -> float:
        """By how much the system clock was set since the beginning."""
        return now().clock_change_s(self.start)

    def all(self, do: str) -> list[JournalLine]:
        """The entries of one kind, oldest first."""
        return [entry for entry in self.entries if entry.do == do]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The complete lines; the last one may have been cut off by a crash."""
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            yield found


def _append(path: Path, line: dict[str, Any]) -> None:
    text = json.dumps(line, ensure_ascii=False) + "\n"
    with writing(path), path.open("a+b") as file:
        file.seek(0, os.SEEK_END)
        if file.tell() and not _ends_a_line(file):
            text = "\n" + text  # after what a crash has cut off
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())


def _ends_a_line(file: Any) -> bool:
    file.seek(-1, os.SEEK_END)
    return bool(file.read(1) == b"\n")
