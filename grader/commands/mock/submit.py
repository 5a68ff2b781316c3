"""The verb mock submit: the end of a mock."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.commands.mock.attendance import attended_sitting
from grader.commands.mock.card import show_card
from grader.commands.options import AsJson
from grader.commands.prerequisites import need_ray


def submit(
    as_json: AsJson = False,
    html: Annotated[Path | None, typer.Option(help="Also write the card to this HTML file.")] = None,
) -> None:
    """End the mock, grade everything and show the card.

    For each answer in words, you tick the points of the rubric that it makes.
    """
    from grader.commands.mock.completion import complete

    sitting = attended_sitting()
    need_ray()
    sitting.journal.append("submitted")
    complete(sitting)
    show_card(sitting, as_json=as_json, html=html)
