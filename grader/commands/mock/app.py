"""Collects the verbs of mock."""

from __future__ import annotations

import typer

from grader.commands.mock.abandon import abandon
from grader.commands.mock.ask import ask_questions
from grader.commands.mock.card import card
from grader.commands.mock.start import start
from grader.commands.mock.status import status
from grader.commands.mock.submit import submit
from grader.commands.mock.try_ import try_solution

app = typer.Typer(no_args_is_help=True, help="Practise an interview against the clock.")
app.command("start")(start)
app.command("status")(status)
app.command("ask")(ask_questions)
app.command("try")(try_solution)
app.command("submit")(submit)
app.command("abandon")(abandon)
app.command("card")(card)
