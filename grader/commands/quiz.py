"""The verb quiz: questions of the bank without a clock."""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from grader.commands.options import require_known
from grader.commands.prerequisites import need_clone
from grader.errors import UsageError
from grader.report.terminal import say

if TYPE_CHECKING:
    from grader.catalogue.questions import Question


def quiz(
    topic: Annotated[str | None, typer.Option(help="Only questions on this topic.")] = None,
    level: Annotated[int | None, typer.Option(min=1, max=5, help="Only questions of this level.")] = None,
    after: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only questions that go with this challenge.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="How many questions to ask.")] = 10,
    seed: Annotated[int | None, typer.Option(min=0, help="Repeat the quiz that printed this seed.")] = None,
) -> None:
    """Answer questions from the bank, without a clock.

    Each answer is judged and explained at once.
    """
    from grader.catalogue.questions import read_questions

    need_clone("The bank of questions")
    bank = read_questions()
    if topic is not None:
        require_known("--topic", topic, sorted({question.topic for question in bank}))
    if after is not None:
        require_known("--after", after, sorted({question.after for question in bank} - {""}))
    found = _matching([q for q in bank if after in (None, q.after)], topic, level)
    if not found:
        raise UsageError(
            f"There is no such question of level {level or '1 to 5'}. Leave out --topic or --level."
        )
    drawn = secrets.randbelow(2**31) if seed is None else seed
    random.Random(drawn).shuffle(found)  # noqa: S311 - a draw that can be repeated
    n, points = _ask_all(Console(highlight=False), found[:count], drawn)
    say(f"{points:g} of {n} · seed {drawn}")
    say(f"Next: python grade.py {'mock start' if after is None else f'compare {after}'}")


def _matching(bank: Sequence[Question], topic: str | None, level: int | None) -> list[Question]:
    """Questions on the topic and of the level; design prompts only for a topic that has nothing else."""
    found = [q for q in bank if topic in (None, q.topic) and level in (None, q.level)]
    short = [q for q in found if q.kind != "design"]
    return short or (found if topic is not None else [])


def _ask_all(console: Console, questions: Sequence[Question], seed: int) -> tuple[int, float]:
    """Ask one question after the other, and judge and explain each at once.

    Returns:
        How many questions were asked before the learner had enough, and the points earned, up to one each.
    """
    from grader.commands.dialogue import Stopped, ask, explain, score_by_rubric

    points = 0.0
    for n, question in enumerate(questions, start=1):
        try:
            answer = ask(console, question, f"{n} of {len(questions)}", seed)
        except Stopped:
            return n - 1, points
        if answer is None:
            explain(console, question, seed)
        elif question.kind == "choice":
            is_right = answer.choice == question.answer
            points += is_right
            console.print(Text("Right.", style="green") if is_right else Text("Not quite.", style="red"))
            explain(console, question, seed)
        else:
            ticks = score_by_rubric(console, question, answer.text)
            points += sum(ticks) / len(ticks)
    return len(questions), points
