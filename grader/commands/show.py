"""The verb show: a challenge's brief."""

from __future__ import annotations

from rich.console import Console

from grader.catalogue.challenges import find_challenge
from grader.commands.markdown import print_markdown
from grader.commands.options import Name
from grader.report.terminal import say


def show(name: Name) -> None:
    """Show the brief of a challenge."""
    challenge = find_challenge(name)
    print_markdown(Console(), (challenge.folder / "README.md").read_text(encoding="utf-8"))
    verb = "run" if challenge.solution_path.exists() else "start"
    say(f"\nNext: python grade.py {verb} {challenge.name}")
