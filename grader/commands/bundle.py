"""The verb bundle: a copy for students, with what they may see."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from grader.catalogue.challenges import find_challenge
from grader.commands.prerequisites import need_suite
from grader.report.terminal import say


def bundle(
    names: Annotated[list[str], typer.Argument(help="Names of challenges, as `list` shows them.")],
    out: Annotated[Path, typer.Option(help="The folder to make; with --zip its name without .zip.")],
    hints: Annotated[
        bool, typer.Option("--hints", help="With the hints, which end with a sketch of the solution.")
    ] = False,
    as_zip: Annotated[bool, typer.Option("--zip", help="Pack it into one file.")] = False,
) -> None:
    """For teachers: make a copy for students, without suites, references, notes and questions.

    In it students read the brief, run the examples and `try` their solution; you grade what they hand in.
    """
    from grader.authoring.handout import hand_out  # it imports jinja2

    challenges = [find_challenge(name) for name in dict.fromkeys(names)]
    for challenge in challenges:
        need_suite(challenge)
    made = hand_out(challenges, out, with_hints=hints, as_zip=as_zip)
    say(f"Wrote {made}: {', '.join(challenge.name for challenge in challenges)}")
    say("It holds no suite, no reference, no notes and no questions" + ("." if hints else ", and no hints."))
    say("Next: hand it out; what comes back is graded by  python grade.py batch FOLDER --out RESULTS")
