"""A mock interview while it is sat: its folder, its journal, and what was saved when."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.catalogue.challenges import ROOT, Challenge, find_challenge
from grader.errors import UsageError
from grader.mock.draw import Plan
from grader.mock.journal import Journal

JOURNALS = ROOT / ".grade" / "mocks"
DESK = ROOT / "mock"
LAST_CALL_S = 300.0


@dataclass(frozen=True, slots=True)
class Version:
    """A solution as it was at some time.

    Args:
        source: Its text.
        at_s: When it was seen first, in seconds since the beginning.
    """

    source: str
    at_s: float


class Sitting:
    """One mock interview.

    Args:
        name: Of its folders.
        journals: Where journals lie.
        desk: Where people work.
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

    def challenges(self) -> list[Challenge]:
        """The coding challenges, in order."""
        return [find_challenge(name) for name in self.plan.challenges]

    def path_of(self, name: str) -> Path:
        """Where the solution of one of its challenges is written."""
        return self.folder / name / "solution.py"

    def save(self) -> None:
        """Note every solution that has changed since it was last seen.

        A file last changed before the deadline counts as on time even when it is seen only later.
        """
        for name in self.plan.challenges:
            path = self.path_of(name)
            if not path.is_file():
                continue
            source = path.read_text(encoding="utf-8", errors="replace")
            versions = self.versions(name)
            if versions and versions[-1].source == source:
                continue
            changed_s = path.stat().st_mtime - self.journal.start.wall_s
            self.journal.note("saved", challenge=name, source=source, changed_s=round(changed_s, 3))

    def versions(self, name: str) -> list[Version]:
        """Every version of a solution that was seen, oldest first."""
        return [
            Version(entry.facts["source"], min(entry.at_s, max(entry.facts["changed_s"], 0.0)))
            for entry in self.journal.all("saved")
            if entry.facts["challenge"] == name
        ]

    def on_time(self, name: str) -> Version | None:
        """The last version from within the time; None when that is the stub still, which earns nothing."""
        versions = self.versions(name)
        found = [v for v in versions if v.at_s <= self.journal.limit_s]
        return found[-1] if found and found[-1].source != versions[0].source else None

    def late(self, name: str) -> Version | None:
        """The last version, if it came after the time."""
        found = self.versions(name)
        return found[-1] if found and found[-1].at_s > self.journal.limit_s else None

    def answers(self) -> dict[str, dict[str, Any]]:
        """The last answer to each question, by its id: `choice` or `text`, `spent_s` and `late`."""
        found: dict[str, dict[str, Any]] = {}
        for entry in self.journal.all("answered"):
            spent = found.get(entry.facts["question"], {}).get("spent_s", 0.0) + entry.facts["spent_s"]
            late = entry.at_s > self.journal.limit_s
            found[entry.facts["question"]] = entry.facts | {"spent_s": spent, "late": late}
        return found

    def warnings(self) -> Iterator[str]:
        """What to say about the time, each once: half of it is over, five minutes are left, it is over."""
        left_s, limit_s = self.journal.left_s, self.journal.limit_s
        due = (
            ("over", left_s <= 0, "Time is over. What you change now is graded apart, and marked late."),
            ("last call", 0 < left_s <= LAST_CALL_S, "Five minutes are left, or less."),
            ("half", LAST_CALL_S < left_s <= limit_s / 2, "Half of the time is over."),
        )
        given = {entry.facts["which"] for entry in self.journal.all("warned")}
        for which, is_due, words in due:
            if is_due and which not in given:
                self.journal.note("warned", which=which)
                yield words
        change_s = self.journal.clock_change_s
        if change_s and "clock" not in given:
            self.journal.note("warned", which="clock", change_s=round(change_s, 1))
            yield f"The system clock was set by {change_s:+.0f} s meanwhile; the time that counts was not."


def begin(
    name: str, plan: Plan, facts: dict[str, Any], journals: Path = JOURNALS, desk: Path = DESK
) -> Sitting:
    """Lay out fresh stubs and start the clock."""
    for challenge_name in plan.challenges:
        challenge = find_challenge(challenge_name)
        target = desk / name / challenge_name
        target.mkdir(parents=True)
        shutil.copyfile(challenge.stub_path, target / "solution.py")
        for beside in ("README.md", "service.py", "test_examples.py"):
            if (challenge.folder / beside).is_file():
                shutil.copyfile(challenge.folder / beside, target / beside)
    Journal.begin(journals / name / "journal.jsonl", plan, facts)
    sitting = Sitting(name, journals, desk)
    sitting.save()
    return sitting


def sittings(journals: Path = JOURNALS, desk: Path = DESK) -> list[Sitting]:
    """Every sitting, oldest first."""
    paths = sorted(journals.glob("*/journal.jsonl"))
    found = [Sitting(path.parent.name, journals, desk) for path in paths]
    return sorted(found, key=lambda sitting: sitting.journal.start.wall_s)


def open_sitting(journals: Path = JOURNALS, desk: Path = DESK) -> Sitting:
    """The sitting that goes on.

    Raises:
        UsageError: None does.
    """
    found = [sitting for sitting in sittings(journals, desk) if sitting.journal.is_open]
    if not found:
        raise UsageError("No mock is going on. Begin one with  python grade.py mock start")
    return found[-1]


def refuse_during_mock(name: str, journals: Path = JOURNALS, desk: Path = DESK) -> None:
    """Keep a challenge of a mock that goes on from being graded in detail beside it.

    Raises:
        UsageError: It is part of one.
    """
    for sitting in sittings(journals, desk):
        if sitting.journal.is_open and sitting.journal.left_s > 0 and name in sitting.plan.challenges:
            raise UsageError(
                f"{name} is part of the mock that goes on. Try it with  python grade.py mock try {name},  or "
                "end the mock with  python grade.py mock submit  or  mock abandon"
            )


def note_hint_in_mock(name: str, journals: Path = JOURNALS, desk: Path = DESK) -> None:
    """Let the card of a mock that goes on know that a hint for one of its challenges was read."""
    for sitting in sittings(journals, desk):
        if sitting.journal.is_open and name in sitting.plan.challenges:
            sitting.journal.note("hinted", challenge=name)


def hash_of(paths: Sequence[Path]) -> str:
    """One hash for some files, so that two cards tell whether they were graded by the same suite."""
    whole = hashlib.sha256()
    for path in sorted(paths):
        whole.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()
