"""Verbs that lay out and look after: start, reset, doctor."""

from __future__ import annotations

import shutil
import time
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from grader.catalogue.challenges import ROOT, Challenge, find_challenge, read_catalogue
from grader.commands.shared import Name
from grader.errors import EXIT_GRADER, UsageError
from grader.judge.fitness import examine
from grader.report.terminal import say
from grader.side.warden_client import sweep_leftovers

BACKUPS = ROOT / ".grade" / "backups"


def start(name: Name) -> None:
    """Lay out solution.py from the stub; an existing one is never overwritten."""
    challenge = find_challenge(name)
    if challenge.solution_path.exists():
        raise UsageError(
            f"{_shown(challenge)} is already there; it was left as it is. "
            f"To begin anew:  python grade.py reset {challenge.name}"
        )
    lay_out(challenge)


def reset(name: Name, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Begin anew from the stub; your solution is kept as a backup."""
    challenge = find_challenge(name)
    if not challenge.solution_path.exists():
        raise UsageError(f"There is no {_shown(challenge)}. Next: python grade.py start {challenge.name}")
    if not yes and not typer.confirm(f"Put {_shown(challenge)} away and begin anew?"):
        say("It was left as it is.")
        return
    backup = BACKUPS / challenge.name / f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}.py"
    backup.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(challenge.solution_path, backup)
    challenge.solution_path.unlink()
    say(f"Kept    {backup.relative_to(ROOT)}")
    lay_out(challenge)


def lay_out(challenge: Challenge) -> None:
    """Copy the stub to solution.py and say what to do with it."""
    shutil.copyfile(challenge.stub_path, challenge.solution_path)
    say(f"Read    challenges/{challenge.name}/README.md")
    say(f"Change  {_shown(challenge)}")
    say(f"Next: python grade.py run {challenge.name}")


def _shown(challenge: Challenge) -> str:
    return f"challenges/{challenge.name}/solution.py"


def doctor() -> None:
    """Look at this machine: Python, Ray, CPUs, memory, leftovers, and what to do about each."""
    findings = examine(read_catalogue(), sweep_leftovers())
    console = Console(highlight=False)
    words = {"good": ("good", "green"), "warn": ("WARN", "yellow"), "bad": ("BAD ", "red")}
    for finding in findings:
        word, style = words[finding.state]
        line = Text("  ").append(word, style=style).append(f"  {finding.subject}: {finding.found}")
        console.print(line, soft_wrap=True)
        if finding.advice:
            console.print(Text(f"        {finding.advice}"), soft_wrap=True)
    if any(finding.state == "bad" for finding in findings):
        say("Next: mend what is BAD, then  python grade.py doctor")
        raise typer.Exit(EXIT_GRADER)
    say("Next: python grade.py list")
