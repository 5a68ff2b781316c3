"""What a mock in progress means for the other verbs: which grading it forbids, and which hints it notes.

Every grading asks this, so only journals are read and nothing that draws, grades or shows a mock is imported.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from grader.errors import UsageError
from grader.mock.journal import JOURNALS, Journal, journal_paths


def refuse_during_mock(challenge: str, folder: Path = JOURNALS) -> None:
    """Refuse to show in detail how a solution does on a challenge of a mock whose time is not up.

    Raises:
        UsageError: The challenge is part of such a mock.
    """
    for journal in _open_journals_with(challenge, folder):
        if journal.left_s > 0:
            raise UsageError(
                f"{challenge} is part of the mock in progress. Grade it with  python grade.py mock try "
                f"{challenge},  or end the mock with  python grade.py mock submit  or  "
                "python grade.py mock abandon"
            )


def note_hint_in_mock(challenge: str, folder: Path = JOURNALS) -> None:
    """Note that a hint was read, for the card of a mock in progress that has this challenge."""
    for journal in _open_journals_with(challenge, folder):
        journal.append("hinted", challenge=challenge)


def _open_journals_with(challenge: str, folder: Path) -> Iterator[Journal]:
    for path in journal_paths(folder):
        journal = Journal(path)
        if journal.is_open and challenge in journal.plan.challenges:
            yield journal
