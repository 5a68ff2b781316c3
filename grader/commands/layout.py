"""Lays out solution.py from the stub: what start, reset and watch share."""

from __future__ import annotations

import shutil

from grader.catalogue.challenges import Challenge
from grader.report.terminal import say
from grader.system.files import writing


def lay_out(challenge: Challenge) -> None:
    """Copy the stub to solution.py and say what to do with it."""
    with writing(challenge.solution_path):
        shutil.copyfile(challenge.stub_path, challenge.solution_path)
    say(f"Read    challenges/{challenge.name}/README.md")
    say(f"Change  {solution_name(challenge)}")
    if not challenge.is_handed_out:
        say(f"Try     python grade.py try {challenge.name}")
    say(f"Next: {challenge.how_to_run}")


def solution_name(challenge: Challenge) -> str:
    """The solution's path, as people see it from the root."""
    return f"challenges/{challenge.name}/solution.py"
