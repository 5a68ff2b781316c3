"""The command line: collects the verbs, and turns every error of ours into a message and an exit status."""

from __future__ import annotations

import sys
from typing import NoReturn

import typer

from grader.commands.batch import batch
from grader.commands.bundle import bundle
from grader.commands.compare import compare
from grader.commands.doctor import doctor
from grader.commands.hint import hint
from grader.commands.history import history
from grader.commands.list import list_challenges
from grader.commands.mock.app import app as mock_app
from grader.commands.new import new
from grader.commands.next import next_challenge
from grader.commands.quiz import quiz
from grader.commands.report import report
from grader.commands.reset import reset
from grader.commands.run import run
from grader.commands.show import show
from grader.commands.start import start
from grader.commands.try_ import try_solution
from grader.commands.verify import verify
from grader.commands.watch import watch
from grader.errors import EXIT_PASSED, GraderError
from grader.report.terminal import say

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Graded katas for Ray: change one file, run one command, and learn whether your program is right, "
    "survives faults and is fast.",
)
app.command("list")(list_challenges)
app.command("next")(next_challenge)
app.command("try")(try_solution)
for verb in (show, start, run, watch, hint, compare, history, report, reset, doctor, quiz):
    app.command()(verb)
for for_others in (batch, bundle, new, verify):  # teachers, authors
    app.command()(for_others)
app.add_typer(mock_app, name="mock")


def main() -> NoReturn:
    """Run a verb; every error of ours becomes one message and its exit status."""
    try:
        app()
    except GraderError as error:
        say(f"grade.py: {error}", err=True)
        sys.exit(error.exit_status)
    sys.exit(EXIT_PASSED)
