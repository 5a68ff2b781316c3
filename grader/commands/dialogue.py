"""The dialogue over one question on the terminal: the same in a mock and in a quiz."""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from os import environ
from pathlib import Path

import typer
from rich.console import Console
from rich.text import Text

from grader.catalogue.questions import Question, shuffled
from grader.commands.markdown import print_markdown

LETTERS = "abcd"
_SKIP, _STOP = ("s", "skip"), ("q", "quit")
_EDITOR_TEXT = "\n\n# Write your answer above. Lines that start with # are left out.\n# The question:\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer to a question.

    Args:
        question: Id of the question.
        choice: Index in the question's own order of choices; -1 for an answer in words.
        text: The answer in words; empty for a choice.
        spent_s: How long it took.
    """

    question: str
    choice: int
    text: str
    spent_s: float


class Stopped(Exception):  # noqa: N818 - nobody's error
    """The user wants no further question."""


class _Skipped(Exception):  # noqa: N818 - nobody's error
    """The user skips this question."""


def ask(console: Console, question: Question, number: str, seed: int) -> Answer | None:
    """Ask one question; None if it was skipped.

    Args:
        console: Where the question is shown.
        question: The question.
        number: Its place, such as "3 of 8".
        seed: Decides the order of choices: the same seed shows the same order.

    Raises:
        Stopped: No further question is wanted.
    """
    started_s = time.monotonic()
    console.print(Text(f"Question {number} · {question.topic} · level {question.level}", style="bold"))
    print_markdown(console, question.text)
    try:
        if question.kind == "choice":
            choice, text = _choice(console, question, seed), ""
        else:
            choice, text = -1, _words(console, question)
    except _Skipped:
        return None
    spent_s = round(time.monotonic() - started_s, 1)
    return Answer(question=question.id, choice=choice, text=text, spent_s=spent_s)


def order_of_choices(question: Question, seed: int) -> list[int]:
    """The order in which the choices are shown, as indices of the question's own order."""
    rng = random.Random(f"{seed} {question.id}")  # noqa: S311 - an order that can be repeated
    choices, _ = shuffled(question, rng)
    return [question.choices.index(choice) for choice in choices]


def _choice(console: Console, question: Question, seed: int) -> int:
    """The choice that was made, as an index of the question's own order."""
    order = order_of_choices(question, seed)
    for letter, index in zip(LETTERS, order, strict=True):
        console.print(Text(f"  {letter}) ").append(question.choices[index]))
    while True:
        prompt = "a, b, c or d; s skips, q stops"
        typed = typer.prompt(prompt, default="", show_default=False).strip().lower()
        if typed in _SKIP:
            raise _Skipped
        if typed in _STOP:
            raise Stopped
        if len(typed) == 1 and typed in LETTERS:
            return order[LETTERS.index(typed)]
        console.print(Text(f"{typed!r} is not one of a, b, c, d, s, q."))


def _words(console: Console, question: Question) -> str:
    """An answer typed line by line, or written in the editor."""
    editor = environ.get("VISUAL") or environ.get("EDITOR") or ""
    has_editor = bool(editor and shutil.which(editor.split()[0]))
    hint = "Type your answer. An empty line ends it. s skips, q stops."
    console.print(Text(f"{hint} e opens your editor." if has_editor else hint, style="dim"))
    line = _line()
    if line.strip() in _STOP:
        raise Stopped
    if line.strip() in _SKIP:
        raise _Skipped
    if line.strip() == "e" and has_editor:
        text = _words_from_editor(editor, question)
    else:
        lines = []
        while line.strip():
            lines.append(line)
            line = _line()
        text = "\n".join(lines).strip()
    if not text:
        raise _Skipped
    return text


def _line() -> str:
    """What was typed on the next line; empty at the end of the input, too."""
    try:
        return input("> ")
    except EOFError:
        return ""


def _words_from_editor(editor: str, question: Question) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{question.id}.md"
        quoted = "".join(f"# {line}\n" for line in question.text.splitlines())
        path.write_text(_EDITOR_TEXT + quoted, encoding="utf-8")
        subprocess.run([*editor.split(), str(path)], check=False)
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(line for line in lines if not line.startswith("#")).strip()


def score_by_rubric(console: Console, question: Question, text: str) -> list[bool]:
    """Show an answer and ask for each point of the rubric whether the answer makes it."""
    console.print(Text(f"{question.topic}: your answer to", style="bold"))
    print_markdown(console, question.text)
    console.print(Text(text, style="dim"))
    ticks = []
    for group in question.rubric:
        if group.name != "points":
            console.print(Text(group.name.replace("_", " "), style="bold"))
        ticks += [typer.confirm(f"  Did you say: {point}", default=False) for point in group.points]
    explain(console, question)
    return ticks


def explain(console: Console, question: Question, seed: int = 0) -> None:
    """Show the right answer, the explanation and its source.

    Args:
        console: Where they are shown.
        question: The question.
        seed: The seed it was asked with, which decides the letter of the right choice.
    """
    if question.kind == "choice":
        letter = LETTERS[order_of_choices(question, seed).index(question.answer)]
        console.print(Text(f"The answer: {letter}) {question.choices[question.answer]}", style="green"))
    print_markdown(console, question.explanation)
    console.print(Text(f"Source: {question.source}\n", style="dim"))
