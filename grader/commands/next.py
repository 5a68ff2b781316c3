"""The verb next: one step up the ladder."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from grader.catalogue.challenges import Challenge, read_catalogue
from grader.commands.layout import lay_out
from grader.commands.standing import Standing, at_hand, next_new, standings
from grader.mock.in_progress import refuse_during_mock
from grader.report.terminal import paragraph, say


def next_challenge(
    skip: Annotated[
        bool,
        typer.Option("--skip", show_default=False, help="Leave what is unfinished, and start another one."),
    ] = False,
) -> None:
    """Start the next challenge that fits you, or name the one to finish first.

    It is the easiest one that you have not started and whose groundwork you have passed.
    """
    found = standings(read_catalogue())
    unfinished = at_hand(found)
    if unfinished is not None and not skip:
        _name_unfinished(unfinished)
        return
    following = next_new(found)
    if following is None:
        say("You have started every challenge.\nNext: python grade.py history")
        return
    refuse_during_mock(following.name)
    _introduce(following, found)
    lay_out(following)


def _name_unfinished(standing: Standing) -> None:
    name = standing.challenge.name
    best = f"your best is {standing.best.score:g} of 100" if standing.best else "nothing was graded yet"
    say(f"You have started {name}: {best}. To leave it for later:  python grade.py next --skip")
    if standing.challenge.stages:
        say(standing.headway.sentence)
    handed_out = standing.challenge.is_handed_out
    say(f"Next: {standing.challenge.how_to_run}" if handed_out else f"Next: python grade.py watch {name}")


def _introduce(challenge: Challenge, found: list[Standing]) -> None:
    """What comes, how long it takes, and what it builds on that is not passed yet."""
    console = Console(highlight=False)
    console.print(Text(challenge.title, style="bold"))
    paragraph(console, Text(f"{challenge.summary}."))
    paragraph(
        console,
        Text(f"{challenge.track} · {challenge.kind} · level {challenge.level} · {challenge.minutes} min"),
    )
    passed = {standing.challenge.name for standing in found if standing.state == "passed"}
    missing = [name for name in challenge.needs if name not in passed]
    if missing:
        say(f"It builds on {' and '.join(missing)}, which you have not passed: that is no obstacle.")
    console.print()
