"""The verb mock start: a new mock, and the rules."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import Annotated

import typer

from grader.catalogue.challenges import ROOT, read_catalogue
from grader.catalogue.stages import stages_in_words
from grader.commands.prerequisites import need_clone
from grader.errors import UsageError
from grader.mock.plan import Plan
from grader.mock.sitting import Sitting, all_sittings, start_sitting
from grader.report.attempts import own, read_attempts
from grader.report.terminal import say
from grader.words import counted


def start(
    shape: Annotated[
        str,
        typer.Option(
            help="Kind of interview: warm_up (30 min), junior or screen (45), debugging (60), onsite (90)."
        ),
    ] = "screen",
    minutes: Annotated[
        int | None, typer.Option(min=1, help="Length of the mock, instead of the usual one.")
    ] = None,
    level: Annotated[
        int, typer.Option(min=0, max=5, help="Draw challenges and questions near this level; 0 for any.")
    ] = 0,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Draw the same set as the mock that printed this seed.")
    ] = None,
    fixed: Annotated[
        Path | None, typer.Option("--set", help="Use the set in this TOML file instead of drawing one.")
    ] = None,
) -> None:
    """Draw a set of challenges and questions and start the clock.

    Each challenge gets a folder below mock/ with its brief and its stub.
    """
    from grader.mock.provenance import provenance_of

    _refuse_a_second_mock()
    plan = _plan(shape, minutes, level, seed, fixed)
    name = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    _show_rules(start_sitting(name, plan, provenance_of(plan)))


def _refuse_a_second_mock() -> None:
    in_progress = [sitting for sitting in all_sittings() if sitting.journal.is_open]
    if in_progress:
        raise UsageError(
            f"The mock {in_progress[-1].name} is still in progress. End it first with  "
            "python grade.py mock submit  or  python grade.py mock abandon"
        )


def _plan(shape: str, minutes: int | None, level: int, seed: int | None, fixed: Path | None) -> Plan:
    from grader.catalogue.questions import read_questions
    from grader.mock.draw import draw
    from grader.mock.fixed_set import read_set

    need_clone("A mock interview")
    challenges, questions = read_catalogue(), read_questions()
    if fixed is not None:
        return read_set(fixed, challenges, questions)
    return draw(
        shape=shape,
        minutes=minutes,
        level=level,
        seed=secrets.randbelow(2**31) if seed is None else seed,
        challenges=challenges,
        questions=questions,
        solved={attempt.challenge for attempt in own(read_attempts()[0]) if attempt.passed},
    )


def _show_rules(sitting: Sitting) -> None:
    plan, folder = sitting.plan, sitting.folder.relative_to(ROOT)
    say(
        f"Mock {sitting.name} · {plan.shape} · {plan.minutes} min · seed {plan.seed}. The clock is running.\n"
    )
    for challenge in sitting.challenges():
        stages = sitting.asked_stages(challenge)
        how_far = stages_in_words(stages) if stages else f"{challenge.minutes} min"
        say(f"  {folder}/{challenge.name}/   {challenge.kind}, {challenge.title}, {how_far}")
        for stage in stages:
            say(f"      {stage.number}. {stage.title}")
    if plan.questions:
        say(f"  {counted(len(plan.questions), 'question')}:  python grade.py mock ask")
    say(
        "\nRules\n"
        "  Where stages are named, only they count; the card shows what you reach beyond them.\n"
        "  Each folder holds the brief and a solution.py to change. Its examples can be run at any time:\n"
        f"    pytest challenges/NAME/test_examples.py --solution {folder}/NAME/solution.py\n"
        "  A trial grading shows only counts by category, and is recorded:  python grade.py mock try NAME\n"
        "  The clock is on disk: it keeps running if you close the terminal or reboot.\n"
        "  What you change after the time is up is graded separately and marked late.\n"
        "\nNext: python grade.py mock status --live    (in a second terminal)\n"
        "At the end: python grade.py mock submit"
    )
