"""Draws the set of a mock interview: coding challenges and questions, the same for the same seed; pure."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from grader.catalogue.challenges import Challenge
from grader.catalogue.questions import Question
from grader.errors import UsageError

REPAIR = ("fix", "debug", "optimise")
CHOICE_MINUTES, SHORT_MINUTES, DESIGN_MINUTES = 1, 3, 20
TIGHT = 1.35  # a mock may ask for a challenge in this much less time than its brief names


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A kind of interview.

    Args:
        minutes: Its length.
        coding: One entry per coding challenge: the kinds it may be of.
        n_choice: Multiple-choice questions.
        n_short: Questions that are answered in words.
        n_design: Design prompts.
    """

    minutes: int
    coding: tuple[tuple[str, ...], ...]
    n_choice: int = 0
    n_short: int = 0
    n_design: int = 0

    def coding_minutes(self, minutes: int) -> float:
        """What is left for each coding challenge when the questions are answered."""
        asked = self.n_choice * CHOICE_MINUTES + self.n_short * SHORT_MINUTES + self.n_design * DESIGN_MINUTES
        return (minutes - asked) / len(self.coding)


SHAPES = {
    "screen": Shape(minutes=45, coding=((*REPAIR, "implement"),), n_choice=6, n_short=2),
    "debugging": Shape(minutes=60, coding=(REPAIR, REPAIR)),
    "onsite": Shape(minutes=90, coding=(("implement",), REPAIR), n_choice=6, n_short=2, n_design=1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked in one sitting.

    Args:
        shape: Name in SHAPES, or "set" for a fixed set.
        minutes: Its length.
        level: What was asked for; 0 for any.
        seed: Of the draw, and of the order of choices.
        challenges: Names of coding challenges.
        questions: Ids, in the order in which they are asked.
    """

    shape: str
    minutes: int
    level: int
    seed: int
    challenges: tuple[str, ...]
    questions: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """For the journal and the card."""
        return asdict(self)


def draw(
    *,
    shape: str,
    minutes: int | None,
    level: int,
    seed: int,
    challenges: Sequence[Challenge],
    questions: Sequence[Question],
    solved: Collection[str],
) -> Plan:
    """Draw a set.

    Args:
        shape: Name in SHAPES.
        minutes: Instead of the shape's own. Challenges that need far more come when nothing else is left.
        level: 1 to 5, or 0 for any: the nearest there are.
        seed: The same seed draws the same set from the same challenges, questions and solved ones.
        challenges: All there are.
        questions: All there are.
        solved: Names of challenges that were passed: they come only when nothing else is left.

    Raises:
        UsageError: There is no such shape, or not enough to draw from.
    """
    if shape not in SHAPES:
        raise UsageError(f"--shape {shape}: there is {', '.join(SHAPES)}")
    form, rng = SHAPES[shape], random.Random(seed)  # noqa: S311 - a draw that can be repeated
    left = sorted(challenges, key=lambda c: c.name)
    rng.shuffle(left)
    longest_min = TIGHT * form.coding_minutes(minutes or form.minutes)
    left.sort(key=lambda c: (c.name in solved, c.minutes > longest_min, _apart(c.level, level)))
    taken: list[Challenge] = []
    for kinds in form.coding:
        found = next((c for c in left if c.kind in kinds and c not in taken), None)
        if found is None:
            raise UsageError(f"There is no challenge of kind {' or '.join(kinds)} left to draw for {shape}")
        taken.append(found)
    asked: list[Question] = []
    for kind, count in (("choice", form.n_choice), ("short", form.n_short), ("design", form.n_design)):
        asked += _spread([q for q in questions if q.kind == kind], count, level, rng)
    return Plan(
        shape=shape,
        minutes=minutes or form.minutes,
        level=level,
        seed=seed,
        challenges=tuple(c.name for c in taken),
        questions=tuple(q.id for q in asked),
    )


def _spread(questions: Sequence[Question], count: int, level: int, rng: random.Random) -> list[Question]:
    """So many questions, from as many topics as possible, near to the level."""
    if len(questions) < count:
        raise UsageError(f"{count} questions are wanted, {len(questions)} are there")
    mixed = sorted(questions, key=lambda q: q.id)
    rng.shuffle(mixed)
    mixed.sort(key=lambda q: _apart(q.level, level))
    taken: list[Question] = []
    while len(taken) < count:
        topics = {q.topic for q in taken[len(taken) - len(taken) % max(len(_topics(mixed)), 1) :]}
        fresh = [q for q in mixed if q not in taken]
        taken.append(next((q for q in fresh if q.topic not in topics), fresh[0]))
    return taken


def _topics(questions: Sequence[Question]) -> set[str]:
    return {q.topic for q in questions}


def _apart(level: int, wanted: int) -> int:
    """How far a level is from the one wanted; up to one apart is as good as none."""
    return max(abs(level - wanted) - 1, 0) if wanted else 0
