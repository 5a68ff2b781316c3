"""The journal of a mock: an append-only file that survives a crash, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.catalogue.challenges import ROOT
from grader.errors import GradingError
from grader.mock.clock import Instant, now
from grader.mock.plan import Plan
from grader.system.files import writing
from grader.system.json_lines import append_line, whole_lines

JOURNALS = ROOT / ".grade" / "mocks"


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """Something that happened during a mock: a line of the journal after the first.

    Args:
        event: "saved", "answered", "hinted", "tried", "warned", "submitted", "abandoned", "graded" or
            "scored".
        at_s: When, in seconds since the start.
        facts: The details, by name.
    """

    event: str
    at_s: float
    facts: dict[str, Any]


class Journal:
    """The journal of one mock, on disk and in memory.

    The first line holds the plan and the start; each further line holds an event under the key "do".

    Args:
        path: The file.

    Raises:
        GradingError: The file does not start with a plan.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        first, *rest = list(whole_lines(path)) or [{}]
        if "plan" not in first:
            raise GradingError(
                f"{path} is not the journal of a mock: its first line holds no plan. "
                f"Remove {path.parent} if you can do without that mock."
            )
        self.plan = Plan.from_json(first["plan"])
        self.start = Instant(**first["start"])
        self.facts: dict[str, Any] = first["facts"]
        self.entries = [
            JournalEntry(event=line["do"], at_s=line["at_s"], facts=line["facts"])
            for line in rest
            if "do" in line
        ]

    @classmethod
    def create(cls, path: Path, plan: Plan, facts: dict[str, Any]) -> Journal:
        """Write the first line of a new journal, which starts the clock.

        Args:
            path: The new file.
            plan: What is asked.
            facts: Versions and hashes, for the card.
        """
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        append_line(path, {"plan": plan.to_json(), "start": now().to_json(), "facts": facts})
        return cls(path)

    def append(self, event: str, **facts: Any) -> JournalEntry:
        """Note what has just happened; it is on disk when this returns."""
        entry = JournalEntry(event=event, at_s=round(self.elapsed_s(), 3), facts=facts)
        append_line(self.path, {"do": entry.event, "at_s": entry.at_s, "facts": entry.facts})
        self.entries.append(entry)
        return entry

    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return now().since(self.start)

    @property
    def limit_s(self) -> float:
        """How many seconds the mock lasts."""
        return 60.0 * self.plan.minutes

    @property
    def left_s(self) -> float:
        """How many seconds are left; below 0 when the time is up."""
        return self.limit_s - self.elapsed_s()

    @property
    def is_open(self) -> bool:
        """Whether the mock was neither submitted nor abandoned."""
        return not any(entry.event in ("submitted", "abandoned") for entry in self.entries)

    @property
    def clock_change_s(self) -> float:
        """By how much the system clock was set since the start."""
        return now().clock_change_s(self.start)

    def entries_of(self, event: str) -> list[JournalEntry]:
        """The entries of one kind, oldest first."""
        return [entry for entry in self.entries if entry.event == event]


def journal_paths(folder: Path = JOURNALS) -> list[Path]:
    """The journals of all mocks, by name."""
    return sorted(folder.glob("*/journal.jsonl"))
