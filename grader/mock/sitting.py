"""A mock on disk: the folder with the solutions, the journal, and what was saved when."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.catalogue.challenges import ROOT, Challenge, find_challenge
from grader.catalogue.stages import Stage
from grader.errors import UsageError
from grader.mock.journal import JOURNALS, Journal, journal_paths
from grader.mock.plan import Plan
from grader.system.files import writing

DESK = ROOT / "mock"
LAST_CALL_S = 300.0
_LAID_OUT = ("README.md", "service.py", "test_examples.py")


@dataclass(frozen=True, slots=True)
class Version:
    """A solution as it was at some moment.

    Args:
        source: Its text.
        at_s: When it was saved, in seconds since the start.
    """

    source: str
    at_s: float


class Sitting:
    """One mock interview.

    Args:
        name: Name of its folders.
        journals: Where the journals of all mocks are.
        desk: Where people work on their solutions.
    """

    def __init__(self, name: str, journals: Path = JOURNALS, desk: Path = DESK) -> None:
        self.name = name
        self.records = journals / name
        self.folder = desk / name
        self.journal = Journal(self.records / "journal.jsonl")

    @property
    def plan(self) -> Plan:
        """What is asked."""
        return self.journal.plan

    @property
    def is_submitted(self) -> bool:
        """Whether it has ended with a submission."""
        return bool(self.journal.entries_of("submitted"))

    def challenges(self) -> list[Challenge]:
        """The coding challenges, in the order of the plan."""
        return [find_challenge(name) for name in self.plan.challenges]

    def asked_stages(self, challenge: Challenge) -> tuple[Stage, ...]:
        """The stages of a challenge that are asked for; empty if that is all of it."""
        return challenge.stages[: self.plan.n_stages(challenge.name)]

    def solution_path(self, challenge: str) -> Path:
        """Where the solution of one of its challenges is written."""
        return self.folder / challenge / "solution.py"

    def save_changes(self) -> None:
        """Copy every solution that has changed since the last look into the journal.

        A file last changed before the deadline counts as on time even if this sees it only later.
        """
        for challenge in self.plan.challenges:
            path = self.solution_path(challenge)
            if not path.is_file():
                continue
            source = path.read_text(encoding="utf-8", errors="replace")
            versions = self.versions(challenge)
            if versions and versions[-1].source == source:
                continue
            changed_s = path.stat().st_mtime - self.journal.start.wall_s
            self.journal.append("saved", challenge=challenge, source=source, changed_s=round(changed_s, 3))

    def versions(self, challenge: str) -> list[Version]:
        """Every version of a solution that was seen, oldest first; the first one is the stub."""
        return [
            Version(entry.facts["source"], min(entry.at_s, max(entry.facts["changed_s"], 0.0)))
            for entry in self.journal.entries_of("saved")
            if entry.facts["challenge"] == challenge
        ]

    def version_on_time(self, challenge: str) -> Version | None:
        """The last version before the deadline; None if that is still the stub, which earns nothing."""
        versions = self.versions(challenge)
        in_time = [version for version in versions if version.at_s <= self.journal.limit_s]
        return in_time[-1] if in_time and in_time[-1].source != versions[0].source else None

    def late_version(self, challenge: str) -> Version | None:
        """The last version, if it came after the deadline."""
        versions = self.versions(challenge)
        return versions[-1] if versions and versions[-1].at_s > self.journal.limit_s else None

    def answers(self) -> dict[str, dict[str, Any]]:
        """The last answer to each question, by its id: `choice` or `text`, `spent_s` and `late`."""
        found: dict[str, dict[str, Any]] = {}
        for entry in self.journal.entries_of("answered"):
            question = entry.facts["question"]
            spent_before_s = found[question]["spent_s"] if question in found else 0.0
            found[question] = entry.facts | {
                "spent_s": spent_before_s + entry.facts["spent_s"],
                "late": entry.at_s > self.journal.limit_s,
            }
        return found

    def warnings(self) -> Iterator[str]:
        """What to say about the time now. Each warning is given once and noted in the journal."""
        given = {entry.facts["which"] for entry in self.journal.entries_of("warned")}
        warning = _time_warning(self.journal.left_s, self.journal.limit_s)
        if warning is not None and warning[0] not in given:
            self.journal.append("warned", which=warning[0])
            yield warning[1]
        change_s = self.journal.clock_change_s
        if change_s and "clock" not in given:
            self.journal.append("warned", which="clock", change_s=round(change_s, 1))
            yield f"The system clock was moved by {change_s:+.0f} s. The clock of the mock was not."


def _time_warning(left_s: float, limit_s: float) -> tuple[str, str] | None:
    """The warning that belongs to this moment: its name and its words."""
    if left_s <= 0:
        return "over", "Time is up. What you change from now on is graded separately and marked late."
    if left_s <= LAST_CALL_S:
        return "last call", "Five minutes left, or less."
    if left_s <= limit_s / 2:
        return "half", "Half of your time is gone."
    return None


def start_sitting(
    name: str, plan: Plan, facts: dict[str, Any], journals: Path = JOURNALS, desk: Path = DESK
) -> Sitting:
    """Lay out a stub for each challenge and start the clock."""
    for challenge_name in plan.challenges:
        _lay_out(find_challenge(challenge_name), desk / name / challenge_name)
    Journal.create(journals / name / "journal.jsonl", plan, facts)
    sitting = Sitting(name, journals, desk)
    sitting.save_changes()
    return sitting


def _lay_out(challenge: Challenge, target: Path) -> None:
    with writing(target):
        target.mkdir(parents=True)
        shutil.copyfile(challenge.stub_path, target / "solution.py")
        for name in _LAID_OUT:
            if (challenge.folder / name).is_file():
                shutil.copyfile(challenge.folder / name, target / name)


def all_sittings(journals: Path = JOURNALS, desk: Path = DESK) -> list[Sitting]:
    """Every mock there was, oldest first."""
    found = [Sitting(path.parent.name, journals, desk) for path in journal_paths(journals)]
    return sorted(found, key=lambda sitting: sitting.journal.start.wall_s)


def current_sitting(journals: Path = JOURNALS, desk: Path = DESK) -> Sitting:
    """The mock in progress.

    Raises:
        UsageError: There is none.
    """
    found = [sitting for sitting in all_sittings(journals, desk) if sitting.journal.is_open]
    if not found:
        raise UsageError("No mock is in progress. Start one with  python grade.py mock start")
    return found[-1]
