"""The verb hint: one more level of hints each time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from grader.catalogue.challenges import Challenge, find_challenge
from grader.catalogue.hints import hint_levels, hints_read, note_hint
from grader.commands.markdown import print_markdown
from grader.commands.options import Name
from grader.commands.standing import stage_at_hand
from grader.errors import UsageError
from grader.mock.in_progress import note_hint_in_mock
from grader.report.terminal import say


def hint(
    name: Name,
    again: Annotated[
        bool, typer.Option(show_default=False, help="Show the hints you have already read, and no new one.")
    ] = False,
    stage: Annotated[
        int | None, typer.Option(help="Show a hint for this stage instead of the one you are at.")
    ] = None,
) -> None:
    """Show the next hint for the stage you are at. How many you have read is kept with your scores."""
    challenge = find_challenge(name)
    number = challenge.stage(stage).number if stage is not None else stage_at_hand(challenge)
    levels = hint_levels(challenge, number)
    n_read = min(hints_read(challenge.name, stage=number), len(levels))
    of_stage = f" for stage {number}" if number else ""
    if again and not n_read:
        raise UsageError(
            f"You have not read a hint for {challenge.name}{of_stage} yet. "
            f"Next: python grade.py hint {challenge.name}"
        )
    _show(challenge, number, range(n_read) if again else [min(n_read, len(levels) - 1)])
    if not again and n_read < len(levels):
        n_read = note_hint(challenge.name, stage=number)
        note_hint_in_mock(challenge.name)
    say("")
    if n_read < len(levels):
        say(f"Next: {challenge.how_to_run}, or  python grade.py hint {challenge.name}")
    else:
        say(f"That was the last hint{of_stage}. Next: {challenge.how_to_run}")


def _show(challenge: Challenge, stage: int, places: Iterable[int]) -> None:
    """Print the hints at these places."""
    console, levels = Console(highlight=False), hint_levels(challenge, stage)
    if stage:
        console.print(Text(challenge.stage(stage).heading, style="bold"))
    for place in places:
        title, text = levels[place]
        console.print(Text(f"Hint {place + 1} of {len(levels)}: {title}", style="bold"))
        print_markdown(console, text)
