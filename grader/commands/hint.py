"""The verb hint: one more level of hints each time."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from grader.catalogue.challenges import find_challenge
from grader.catalogue.hints import hint_levels, hints_read, note_hint
from grader.commands.markdown import print_markdown
from grader.commands.options import Name
from grader.errors import UsageError
from grader.mock.in_progress import note_hint_in_mock
from grader.report.terminal import say


def hint(
    name: Name,
    again: Annotated[
        bool, typer.Option(show_default=False, help="Show the hints you have already read, and no new one.")
    ] = False,
) -> None:
    """Show the next hint. How many you have read is kept with your scores."""
    challenge = find_challenge(name)
    levels = hint_levels(challenge)
    n_read = min(hints_read(challenge.name), len(levels))
    if again and not n_read:
        raise UsageError(
            f"You have not read a hint for {challenge.name} yet. Next: python grade.py hint {challenge.name}"
        )
    console = Console()
    for number in range(n_read) if again else [min(n_read, len(levels) - 1)]:
        title, text = levels[number]
        console.print(Text(f"Hint {number + 1} of {len(levels)}: {title}", style="bold"))
        print_markdown(console, text)
    if not again and n_read < len(levels):
        n_read = note_hint(challenge.name)
        note_hint_in_mock(challenge.name)
    say("")
    if n_read < len(levels):
        say(f"Next: python grade.py run {challenge.name}, or  python grade.py hint {challenge.name}")
    else:
        say(f"That was the last hint. Next: python grade.py run {challenge.name}")
