"""The verb mock abandon: the end of a mock without a card."""

from __future__ import annotations

import typer

from grader.catalogue.challenges import ROOT
from grader.commands.options import Yes
from grader.mock.sitting import current_sitting
from grader.report.terminal import say


def abandon(yes: Yes = False) -> None:
    """End the mock without a card. Your files are kept."""
    sitting = current_sitting()
    if not yes and not typer.confirm(f"Abandon the mock {sitting.name}?"):
        say("The mock is still in progress.")
        return
    sitting.save_changes()
    sitting.journal.append("abandoned")
    say(f"Your files are kept in {sitting.folder.relative_to(ROOT)}. Next: python grade.py list")
