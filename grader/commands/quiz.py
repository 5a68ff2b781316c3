"""The verb quiz."""

from __future__ import annotations

import random
import secrets
from typing import Annotated

import typer
from rich.console import Console

from grader.catalogue.questions import read_questions
from grader.commands.asking import ask_all
from grader.errors import UsageError
from grader.report.terminal import say


def quiz(
    topic: Annotated[str | None, typer.Option(help="Only this topic.")] = None,
    level: Annotated[int | None, typer.Option(min=1, max=5, help="Only this level.")] = None,
    count: Annotated[int, typer.Option(min=1, help="How many.")] = 10,
    seed: Annotated[int | None, typer.Option(min=0, help="The same questions again.")] = None,
) -> None:
    """Ask questions of the bank outside a mock; each is judged and explained at once."""
    bank = read_questions()
    topics = sorted({q.topic for q in bank})
    if topic is not None and topic not in topics:
        raise UsageError(f"--topic {topic}: there is {', '.join(topics)}")
    found = [
        q for q in bank if topic in (None, q.topic) and level in (None, q.level) and q.kind != "design"
    ] or [q for q in bank if topic == q.topic and level in (None, q.level)]
    if not found:
        raise UsageError(f"There is no question of level {level} on {topic or 'any topic'}")
    drawn = secrets.randbelow(2**31) if seed is None else seed
    random.Random(drawn).shuffle(found)  # noqa: S311 - a draw that can be repeated
    console = Console(highlight=False)
    n, points = ask_all(console, found[:count], drawn)
    say(f"{points:g} of {n} · seed {drawn}")
    say("Next: python grade.py mock start")
