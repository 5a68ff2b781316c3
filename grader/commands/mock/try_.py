"""The verb mock try: a trial grading that shows counts and no detail."""

from __future__ import annotations

from typing import Annotated

import typer

from grader.catalogue.challenges import find_challenge
from grader.commands.mock.attendance import attended_sitting, time_left, warn
from grader.commands.mock.grading import counts_by_category, grade_quietly
from grader.commands.prerequisites import need_ray
from grader.errors import UsageError
from grader.report.terminal import say


def try_solution(name: Annotated[str, typer.Argument(help="Name of one of the mock's challenges.")]) -> None:
    """Grade a solution of the mock, and show only counts by category. This is recorded."""
    sitting = attended_sitting()
    if name not in sitting.plan.challenges:
        raise UsageError(
            f"{name} is not part of this mock. Choose one of: {', '.join(sitting.plan.challenges)}"
        )
    need_ray()
    n_stages = sitting.plan.n_stages(name)
    record = grade_quietly(find_challenge(name), sitting.solution_path(name), n_stages=n_stages)
    counts = counts_by_category(record)
    sitting.journal.append("tried", challenge=name, counts=counts, score=record["score"])
    for category, count in counts.items():
        say(f"  {category:<12} {count} passed")
    warn(sitting)
    say(f"{time_left(sitting)}. Next: python grade.py mock status")
