"""The verb show: a challenge's brief."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from grader.catalogue.challenges import Challenge, find_challenge
from grader.catalogue.stages import stage_part
from grader.commands.markdown import print_markdown
from grader.commands.options import Name, OneStage
from grader.commands.standing import standing_of
from grader.errors import UsageError
from grader.report.terminal import paragraph, say, stage_heading


def show(
    name: Name,
    stage: OneStage = None,
) -> None:
    """Show the brief of a challenge, and how far you are with its stages."""
    challenge = find_challenge(name)
    console = Console(highlight=False)
    if stage is None:
        print_markdown(console, (challenge.folder / "README.md").read_text(encoding="utf-8"))
    else:
        text = stage_brief(challenge, stage)
        paragraph(console, Text(stage_heading(challenge.stages, stage), style="bold"))
        print_markdown(console, text)
    if challenge.stages:
        say(f"\nStages, {challenge.minutes} min together")
        for line in standing_of(challenge).headway.lines():
            paragraph(console, Text(line))
    verb = "run" if challenge.solution_path.exists() else "start"
    say(f"\nNext: python grade.py {verb} {challenge.name}")


def stage_brief(challenge: Challenge, number: int) -> str:
    """What one stage asks for: its part of the brief.

    Raises:
        UsageError: There is no such stage, or the brief does not speak of it.
    """
    stage = challenge.stage(number)
    part = stage_part((challenge.folder / "README.md").read_text(encoding="utf-8"), number)
    if part is None:
        raise UsageError(f"challenges/{challenge.name}/README.md has no heading  {stage.heading}")
    return part.text
