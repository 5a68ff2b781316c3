"""Asks questions of the bank on a terminal, one by one: the same in a mock and in a quiz."""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from os import environ
from pathlib import Path

import typer
from rich.console import Console
from rich.markdown import Markdown
from rich.text import Text

from grader.catalogue.questions import Question, shuffled

LETTERS = "abcd"
_TEMPLATE = "\n\n# Write your answer above. Lines that begin with # are left out.\n# The question:\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What somebody answered.

    Args:
        question: Its id.
        choice: Index in the question's own order; -1 for an answer in words, or none.
        text: An answer in words.
        spent_s: How long it took.
    """

    question: str
    choice: int
    text: str
    spent_s: float


class Enough(Exception):  # noqa: N818 - nobody's error
    """The one who is asked wants to stop."""


def ask(console: Console, question: Question, number: str, seed: int) -> Answer | None:
    """Ask one question; None when it was left out.

    Args:
        console: Where it is shown.
        question: Which.
        number: Its place, such as "3 of 8".
        seed: Of the order of choices: the same seed shows the same order.

    Raises:
        Enough: No further question is wanted.
    """
    began_s = time.monotonic()
    console.print(Text(f"Question {number} · {question.topic} · level {question.level}", style="bold"))
    console.print(Markdown(question.text))
    if question.kind != "choice":
        text = _in_words(console, question)
        if not text:
            return None
        spent_s = time.monotonic() - began_s
        return Answer(question=question.id, choice=-1, text=text, spent_s=round(spent_s, 1))
    order = order_of(question, seed)
    for letter, place in zip(LETTERS, order, strict=True):
        console.print(Text(f"  {letter}) ").append(question.choices[place]))
    while True:
        typed = typer.prompt("a, b, c, d, s to skip, q to stop", default="", show_default=False)
        typed = typed.strip().lower()
        if typed in ("s", "skip"):
            return None
        if typed in ("q", "quit"):
            raise Enough
        if len(typed) == 1 and typed in LETTERS:
            spent_s = round(time.monotonic() - began_s, 1)
            return Answer(question=question.id, choice=order[LETTERS.index(typed)], text="", spent_s=spent_s)
        console.print(Text(f"{typed!r} is none of a, b, c, d, s, q."))


def order_of(question: Question, seed: int) -> list[int]:
    """In which order the choices are shown: indices of the question's own."""
    rng = random.Random(f"{seed} {question.id}")  # noqa: S311 - an order that can be repeated
    choices, _ = shuffled(question, rng)
    return [question.choices.index(choice) for choice in choices]


def _in_words(console: Console, question: Question) -> str:
    """An answer typed line by line, or written in the editor."""
    editor = environ.get("VISUAL") or environ.get("EDITOR")
    hint = "Type your answer; an empty line ends it. s skips, q stops."
    if editor and shutil.which(editor.split()[0]):
        hint += " e opens the editor."
    console.print(Text(hint, style="dim"))
    lines: list[str] = []
    while True:
        try:
            line = input("> ")
        except EOFError:
            break
        if not lines and line.strip() in ("s", "skip"):
            return ""
        if not lines and line.strip() in ("q", "quit"):
            raise Enough
        if not lines and line.strip() == "e" and editor:
            return _edited(editor, question)
        if not line.strip():
            break
        lines.append(line)
    return "\n".join(lines).strip()


def _edited(editor: str, question: Question) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{question.id}.md"
        asked = "".join(f"# {line}\n" for line in question.text.splitlines())
        path.write_text(_TEMPLATE + asked, encoding="utf-8")
        subprocess.run([*editor.split(), str(path)], check=False)
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(line for line in lines if not line.startswith("#")).strip()


def self_score(console: Console, question: Question, text: str) -> list[bool]:
    """Show an answer beside its rubric and have each point ticked or not."""
    console.print(Text(f"{question.topic}: your answer to", style="bold"))
    console.print(Markdown(question.text))
    console.print(Text(text, style="dim"))
    ticks = []
    for group in question.rubric:
        if group.name != "points":
            console.print(Text(group.name.replace("_", " "), style="bold"))
        ticks += [typer.confirm(f"  Did you say: {point}", default=False) for point in group.points]
    explain(console, question)
    return ticks


def explain(console: Console, question: Question, seed: int = 0) -> None:
    """The answer, the explanation and where it comes from; with the seed of the order of choices."""
    if question.kind == "choice":
        letter = LETTERS[order_of(question, seed).index(question.answer)]
        console.print(Text(f"The answer: {letter}) {question.choices[question.answer]}", style="green"))
    console.print(Markdown(question.explanation))
    console.print(Text(f"Source: {question.source}\n", style="dim"))


def ask_all(console: Console, questions: Sequence[Question], seed: int) -> tuple[int, float]:
    """A quiz: each question is asked, judged and explained at once.

    Returns:
        How many were asked until it was enough, and the points earned: one each.
    """
    points = 0.0
    for n, question in enumerate(questions, start=1):
        try:
            answer = ask(console, question, f"{n} of {len(questions)}", seed)
        except Enough:
            return n - 1, points
        if answer is None:
            explain(console, question, seed)
        elif question.kind == "choice":
            right = answer.choice == question.answer
            points += right
            console.print(Text("Right." if right else "Not quite.", style="green" if right else "red"))
            explain(console, question, seed)
        else:
            ticks = self_score(console, question, answer.text)
            points += sum(ticks) / len(ticks)
    return len(questions), points
