"""The verb history: the attempts as a table, as CSV or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.catalogue.challenges import Challenge, find_challenge, read_catalogue
from grader.commands.attempts import readable_attempts
from grader.commands.options import AsJson, OneOrAll
from grader.report.attempts import Attempt, own, to_csv, trend
from grader.report.headway import dots_of, headway
from grader.report.terminal import paragraph, say
from grader.system.files import write_for_user

_COLUMNS = ("when (UTC)", "file", "score", "outcome", "speed", "hints", "stages", "seed")
_NUMBERS = ("score", "speed", "hints", "seed")


def history(
    name: OneOrAll = None,
    csv: Annotated[
        Path | None, typer.Option(help="Write the attempts to this CSV file; - prints them.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show your attempts: scores, speed, hints and the trend."""
    challenge = find_challenge(name) if name is not None else None
    attempts = readable_attempts(challenge.name if challenge else None)
    if csv is not None:
        _export(csv, attempts)
    elif as_json:
        typer.echo(json.dumps([attempt.document for attempt in attempts], indent=1, ensure_ascii=False))
    elif not attempts:
        say("You have no attempts yet. Next: python grade.py list")
    else:
        _show(attempts, [challenge] if challenge else read_catalogue())
        say(f"Next: python grade.py run {challenge.name if challenge else 'NAME'}")


def _export(path: Path, attempts: Sequence[Attempt]) -> None:
    text = to_csv(attempts)
    if str(path) == "-":
        typer.echo(text, nl=False)
        return
    write_for_user(path, text)
    say(f"Wrote {path}")


def _show(attempts: Sequence[Attempt], challenges: Sequence[Challenge]) -> None:
    """Print a table for each challenge, with the trend of its scores and the stage that is next."""
    console = Console(highlight=False)
    stages = {challenge.name: challenge.stages for challenge in challenges}
    for name in sorted({attempt.challenge for attempt in attempts}):
        of_this = [attempt for attempt in attempts if attempt.challenge == name]
        console.print(Text(name, style="bold").append(f"   {trend(own(of_this))}", style="dim"))
        console.print(_table(of_this))
        if stages.get(name) and own(of_this):
            paragraph(console, Text(headway(stages[name], own(of_this)).sentence, style="dim"))
    if not all(attempt.is_ratio_sure for attempt in attempts):
        say("A speed in brackets was measured but not judged, because the machine was too busy.")


def _table(attempts: Sequence[Attempt]) -> Table:
    table = Table(box=None, pad_edge=True)
    for heading in _COLUMNS:
        table.add_column(heading, justify="right" if heading in _NUMBERS else "left")
    for attempt in attempts:
        when = attempt.when.rstrip("Z").replace("T", " ")
        score = f"{attempt.score:g}" if attempt.judged == 100 else f"{attempt.score:g}/{attempt.judged:g}"
        numbers = (attempt.speed, str(attempt.hints), dots_of(attempt.document), str(attempt.seed))
        table.add_row(when, attempt.kind, score, attempt.outcome, *numbers)
    return table
