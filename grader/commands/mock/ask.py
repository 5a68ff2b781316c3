"""The verb mock ask: the questions of the mock, one by one."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from grader.commands.mock.attendance import attended_sitting, time_left, warn
from grader.mock.sitting import Sitting
from grader.report.terminal import say


def ask_questions(
    again: Annotated[
        bool, typer.Option(show_default=False, help="Also ask the questions you have already answered.")
    ] = False,
) -> None:
    """Answer the questions of the mock one by one."""
    sitting = attended_sitting()
    asked = sitting.plan.questions
    if not asked:
        say("This mock has no questions.")
    else:
        answers = sitting.answers()
        to_ask = [question for question in asked if again or question not in answers]
        if to_ask:
            _ask(sitting, to_ask)
        else:
            say("You have answered all questions. To answer them again:  python grade.py mock ask --again")
    say("Next: python grade.py mock status")


def _ask(sitting: Sitting, ids: list[str]) -> None:
    """Ask these questions and note each answer at once, until there are no more or no more are wanted."""
    from grader.catalogue.questions import read_questions
    from grader.commands.dialogue import Stopped, ask

    plan = sitting.plan
    question_by_id = {question.id: question for question in read_questions()}
    console = Console(highlight=False)
    for each in ids:
        number = f"{plan.questions.index(each) + 1} of {len(plan.questions)}"
        console.print(Text(time_left(sitting), style="dim"))
        try:
            answer = ask(console, question_by_id[each], number, plan.seed)
        except Stopped:
            return
        if answer is not None:
            sitting.journal.append(
                "answered", question=each, choice=answer.choice, text=answer.text, spent_s=answer.spent_s
            )
        warn(sitting)
