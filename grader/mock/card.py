"""The report card of a mock: what its journal and the gradings kept there add up to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from grader.catalogue.challenges import Challenge
from grader.catalogue.questions import Question
from grader.mock.journal import Journal
from grader.mock.parts import Part, asked_checks, coding_part, final_record, question_part
from grader.mock.practice import suggestions
from grader.mock.sitting import Sitting

SKILLS = ("correctness", "resilience", "performance", "memory", "knowledge")
SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The result of a mock.

    Args:
        name: Name of the mock.
        overall: Mean of the parts' shares, weighted by their minutes, in percent.
        self_scored: How much of the weight was self-scored, in percent.
        parts: In the order of the plan.
        skills: For each skill, the points earned and the points there were.
        spent_s: Time from the start to the submission.
        late: Whether anything came late.
        before: `overall` of the earlier mocks, oldest first.
        practise: What to practise next, and why.
        plan: What was asked.
        facts: Versions and hashes: two cards can be compared if these are equal.
        clock_change_s: By how much the system clock was set during the mock.
    """

    name: str
    overall: float
    self_scored: float
    parts: tuple[Part, ...]
    skills: dict[str, tuple[float, float]]
    spent_s: float
    late: bool
    before: tuple[float, ...]
    practise: tuple[tuple[str, str], ...]
    plan: dict[str, Any]
    facts: dict[str, Any]
    clock_change_s: float

    def to_json(self) -> dict[str, Any]:
        """The document that `mock card --json` prints."""
        return {"schema": SCHEMA, **asdict(self)}


def make_card(
    sitting: Sitting,
    challenges: Sequence[Challenge],
    questions: Sequence[Question],
    before: Sequence[float],
    passed: Sequence[str],
) -> Card:
    """Add up how a mock went.

    Args:
        sitting: A mock that was submitted.
        challenges: All challenges.
        questions: All questions.
        before: `overall` of the earlier mocks.
        passed: Names of the challenges passed outside mocks.
    """
    journal = sitting.journal
    challenge_by_name = {challenge.name: challenge for challenge in challenges}
    question_by_id = {question.id: question for question in questions}
    parts = [coding_part(sitting, challenge_by_name[name]) for name in sitting.plan.challenges]
    parts += [
        question_part(sitting, question_by_id[each])
        for each in sitting.plan.questions
        if each in question_by_id
    ]
    skills = _skills(sitting, parts)
    submitted = journal.entries_of("submitted")
    return Card(
        name=sitting.name,
        overall=_percent(sum(part.minutes * part.share for part in parts), parts),
        self_scored=_percent(sum(part.minutes for part in parts if part.self_scored), parts),
        parts=tuple(parts),
        skills=skills,
        spent_s=submitted[-1].at_s if submitted else journal.elapsed_s(),
        late=any(part.late_share is not None for part in parts),
        before=tuple(before),
        practise=tuple(suggestions(parts, skills, challenges, set(passed))),
        plan=sitting.plan.to_json(),
        facts=journal.facts,
        clock_change_s=_clock_change_s(journal),
    )


def _percent(minutes: float, parts: Sequence[Part]) -> float:
    """These minutes as a percentage of the minutes of all parts."""
    return round(100 * minutes / (sum(part.minutes for part in parts) or 1), 1)


def _clock_change_s(journal: Journal) -> float:
    """By how much the clock had been set when the warning about it was given."""
    for entry in journal.entries_of("warned"):
        if entry.facts["which"] == "clock":
            return float(entry.facts["change_s"])
    return 0.0


def _skills(sitting: Sitting, parts: Sequence[Part]) -> dict[str, tuple[float, float]]:
    """For each skill the points earned on time and those there were; answers count as knowledge."""
    earned: defaultdict[str, float] = defaultdict(float)
    points: defaultdict[str, float] = defaultdict(float)
    for name in sitting.plan.challenges:
        record = final_record(sitting.journal, name, late=False)
        for check in asked_checks(record, sitting.plan.n_stages(name)):
            earned[check["category"]] += check["earned"]
            points[check["category"]] += check["points"]
    for part in parts:
        if part.kind != "coding":
            earned["knowledge"] += part.minutes * part.share
            points["knowledge"] += part.minutes
    return {skill: (round(earned[skill], 1), points[skill]) for skill in SKILLS if points[skill]}
