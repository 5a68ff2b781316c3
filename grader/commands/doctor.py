"""The verb doctor: whether this machine can grade."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.text import Text

from grader.catalogue.challenges import read_catalogue
from grader.errors import EXIT_GRADER
from grader.report.terminal import say

_WORDS = {"good": ("good", "green"), "warn": ("WARN", "yellow"), "bad": ("BAD ", "red")}


def doctor() -> None:
    """Check whether this machine can grade.

    Looks at Python, Ray, the CPUs, memory, disk and what earlier runs left behind, and says what to do about
    each problem.
    """
    from grader.judge.fitness import examine
    from grader.side.warden_client import sweep_leftovers

    findings = examine(read_catalogue(), sweep_leftovers())
    console = Console(highlight=False)
    for finding in findings:
        word, style = _WORDS[finding.state]
        line = Text("  ").append(word, style=style).append(f"  {finding.subject}: {finding.found}")
        console.print(line, soft_wrap=True)
        if finding.advice:
            console.print(Text(f"        {finding.advice}"), soft_wrap=True)
    if any(finding.state == "bad" for finding in findings):
        say("Next: fix what is marked BAD, then  python grade.py doctor")
        raise typer.Exit(EXIT_GRADER)
    say("Next: python grade.py list")
