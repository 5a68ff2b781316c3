"""The verb report: the attempts as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.catalogue.challenges import find_challenge, read_catalogue
from grader.commands.attempts import readable_attempts
from grader.commands.options import OneOrAll
from grader.errors import UsageError
from grader.report.terminal import say
from grader.system.files import write_for_user


def report(
    html: Annotated[Path, typer.Option(help="Write the page to this file.")],
    name: OneOrAll = None,
) -> None:
    """Write an HTML page about your attempts.

    It shows scores, rounds and what Ray did, in one file that needs no network.
    """
    from grader.report.page import render  # it draws all pictures

    challenges = [find_challenge(name)] if name is not None else read_catalogue()
    attempts = readable_attempts(name)
    if not attempts:
        raise UsageError("You have no attempts yet. Next: python grade.py list")
    write_for_user(html, render(challenges, attempts))
    say(f"Wrote {html}")
