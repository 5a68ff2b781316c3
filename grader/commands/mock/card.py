"""The verb mock card: the result of a mock that was submitted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from grader.catalogue.challenges import read_catalogue
from grader.commands.options import AsJson
from grader.commands.prerequisites import need_ray
from grader.errors import UsageError
from grader.mock.sitting import Sitting, all_sittings
from grader.report.attempts import own, read_attempts
from grader.system.files import write_for_user

if TYPE_CHECKING:  # it imports the question bank
    from grader.mock.card import Card


def card(
    name: Annotated[
        str | None, typer.Argument(help="Name of a mock. Without it, the latest one that was submitted.")
    ] = None,
    as_json: AsJson = False,
    html: Annotated[Path | None, typer.Option(help="Also write the card to this HTML file.")] = None,
) -> None:
    """Show the card of a mock that was submitted."""
    from grader.commands.mock.completion import complete

    submitted = [s for s in all_sittings() if s.is_submitted and name in (None, s.name)]
    if not submitted:
        raise UsageError(
            "No mock was submitted yet. Submit one with  python grade.py mock submit"
            if name is None
            else f"No mock named {name} was submitted."
        )
    sitting = submitted[-1]
    need_ray()
    complete(sitting)
    show_card(sitting, as_json=as_json, html=html)


def show_card(sitting: Sitting, *, as_json: bool, html: Path | None) -> None:
    """Print the card of a completed mock, and write its page if a file is given."""
    from grader.mock.card_view import card_html, card_lines

    found = _card(sitting, before=[_card(each, before=[]).overall for each in _earlier(sitting)])
    if html is not None:
        write_for_user(html, card_html(found))
    if as_json:
        typer.echo(json.dumps(found.to_json(), indent=1, ensure_ascii=False))
        return
    console = Console(highlight=False)
    for line in card_lines(found):
        console.print(line, soft_wrap=True)


def _earlier(sitting: Sitting) -> list[Sitting]:
    start_s = sitting.journal.start.wall_s
    return [s for s in all_sittings() if s.is_submitted and s.journal.start.wall_s < start_s]


def _card(sitting: Sitting, *, before: list[float]) -> Card:
    from grader.catalogue.questions import read_questions
    from grader.mock.card import make_card

    passed = [attempt.challenge for attempt in own(read_attempts()[0]) if attempt.passed]
    return make_card(sitting, read_catalogue(), read_questions(), before, passed)
