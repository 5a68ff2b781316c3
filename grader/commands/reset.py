"""The verb reset: back to the stub, with a backup of the solution."""

from __future__ import annotations

import shutil
import time

import typer

from grader.catalogue.challenges import ROOT, find_challenge
from grader.commands.layout import lay_out, solution_name
from grader.commands.options import Name, Yes
from grader.errors import UsageError
from grader.report.terminal import say
from grader.system.files import writing

BACKUPS = ROOT / ".grade" / "backups"


def reset(name: Name, yes: Yes = False) -> None:
    """Start again from the stub. Your solution is kept as a backup."""
    challenge = find_challenge(name)
    if not challenge.solution_path.exists():
        raise UsageError(
            f"There is no {solution_name(challenge)}. Next: python grade.py start {challenge.name}"
        )
    question = f"Back up {solution_name(challenge)} and start again from the stub?"
    if not yes and not typer.confirm(question):
        say("Nothing was changed.")
        return
    backup = BACKUPS / challenge.name / f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}.py"
    with writing(backup):
        backup.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(challenge.solution_path, backup)
    challenge.solution_path.unlink()
    say(f"Kept    {backup.relative_to(ROOT)}")
    lay_out(challenge)
