"""The completion of a submitted mock: every solution is graded, and answers in words are scored."""

from __future__ import annotations

import sys

from rich.console import Console

from grader.catalogue.questions import read_questions
from grader.commands.dialogue import score_by_rubric
from grader.commands.mock.grading import grade_quietly
from grader.mock.sitting import Sitting
from grader.system.files import writing

_ADVICE = "To finish the grading:  python grade.py mock card"


def complete(sitting: Sitting) -> None:
    """Do what an interrupted completion has left to do, or all of it."""
    _grade_solutions(sitting)
    if sys.stdin.isatty():
        _score_answers(sitting)


def _grade_solutions(sitting: Sitting) -> None:
    """Grade the last version on time and the late version of each challenge."""
    journal = sitting.journal
    graded = {(entry.facts["challenge"], entry.facts["late"]) for entry in journal.entries_of("graded")}
    for challenge in sitting.challenges():
        name = challenge.name
        for is_late, version in (
            (False, sitting.version_on_time(name)),
            (True, sitting.late_version(name)),
        ):
            if version is None or (name, is_late) in graded:
                continue
            path = sitting.records / f"{name}{'_late' if is_late else ''}.py"
            with writing(path):
                path.write_text(version.source, encoding="utf-8")
            record = grade_quietly(challenge, path, _ADVICE)
            journal.append("graded", challenge=name, late=is_late, record=record)


def _score_answers(sitting: Sitting) -> None:
    """Have each answer in words scored by the person who gave it."""
    answers = sitting.answers()
    question_by_id = {question.id: question for question in read_questions()}
    scored = {entry.facts["question"] for entry in sitting.journal.entries_of("scored")}
    console = Console(file=sys.stderr, highlight=False)
    for each in sitting.plan.questions:
        question = question_by_id[each]
        if question.kind == "choice" or each not in answers or each in scored:
            continue
        ticks = score_by_rubric(console, question, answers[each]["text"])
        sitting.journal.append("scored", question=each, ticks=ticks)
