"""Draws the plan of a mock: coding challenges and questions, the same for the same seed. Pure."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from grader.catalogue.challenges import Challenge
from grader.catalogue.questions import Question
from grader.errors import UsageError
from grader.mock.plan import Plan

REPAIR = ("fix", "debug", "optimise")
ANY = (*REPAIR, "implement")
CHOICE_MINUTES, SHORT_MINUTES, DESIGN_MINUTES = 1, 3, 20
TIGHT = 1.1  # stages still fit if they take up to this many times the minutes there are: these are estimates


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A kind of interview.

    Args:
        minutes: How long it lasts.
        coding: An entry for each coding challenge: the kinds it may be of.
        n_choice: How many multiple-choice questions are asked.
        n_short: How many questions are answered in words.
        n_design: How many design prompts are given.
        highest_level: Of the coding challenges; questions are drawn near it unless a level is asked for.
    """

    minutes: int
    coding: tuple[tuple[str, ...], ...]
    n_choice: int = 0
    n_short: int = 0
    n_design: int = 0
    highest_level: int = 5

    def coding_minutes(self, minutes: int) -> float:
        """How many of these minutes are left for each coding challenge once the questions are answered."""
        choice, short = self.n_choice * CHOICE_MINUTES, self.n_short * SHORT_MINUTES
        design = self.n_design * DESIGN_MINUTES
        return (minutes - choice - short - design) / len(self.coding)


SHAPES = {
    "warm_up": Shape(minutes=30, coding=(ANY, ANY), n_choice=5, highest_level=1),
    "junior": Shape(minutes=45, coding=(ANY, ANY), n_choice=5, n_short=1, highest_level=2),
    "screen": Shape(minutes=45, coding=(ANY,), n_choice=6, n_short=2),
    "debugging": Shape(minutes=60, coding=(REPAIR, REPAIR)),
    "onsite": Shape(minutes=90, coding=(("implement",), REPAIR), n_choice=6, n_short=2, n_design=1),
}


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
    """Draw the challenges and questions of a mock.

    Args:
        shape: The kind of interview, a name in SHAPES.
        minutes: How long it lasts; None for the shape's usual length.
        level: 1 to 5, or 0 for any that the shape allows. If nothing has this level, the nearest is taken.
        seed: The same seed draws the same plan from the same challenges, questions and solved ones.
        challenges: Those to draw from.
        questions: Those to draw from.
        solved: Names of challenges that were passed before: they are drawn only if nothing else is left.

    Raises:
        UsageError: There is no such shape, or not enough to draw from.
    """
    if shape not in SHAPES:
        raise UsageError(f"--shape {shape} is unknown. Choose one of: {', '.join(SHAPES)}")
    form, rng = SHAPES[shape], random.Random(seed)  # noqa: S311 - a draw that can be repeated
    length_min = minutes or form.minutes
    room_min = TIGHT * form.coding_minutes(length_min)
    candidates = sorted((c for c in challenges if c.level <= form.highest_level), key=lambda c: c.name)
    rng.shuffle(candidates)
    candidates.sort(
        key=lambda c: (c.name in solved, max(least_minutes(c) - room_min, 0.0), _distance(c.level, level))
    )
    coding = _draw_challenges(shape, candidates)
    if not level and form.highest_level < 5:
        level = form.highest_level
    asked = [
        *_draw_questions("choice", form.n_choice, questions, level, rng),
        *_draw_questions("short", form.n_short, questions, level, rng),
        *_draw_questions("design", form.n_design, questions, level, rng),
    ]
    return Plan(
        shape=shape,
        minutes=length_min,
        level=level,
        seed=seed,
        challenges=tuple(c.name for c in coding),
        questions=tuple(q.id for q in asked),
        stages=stages_that_fit(coding, room_min * len(coding)),
    )


def least_minutes(challenge: Challenge) -> int:
    """How long the least that can be asked of a challenge takes: its first stage."""
    return challenge.stages[0].minutes if challenge.stages else challenge.minutes


def stages_that_fit(drawn: Sequence[Challenge], minutes: float) -> tuple[int, ...]:
    """How many stages of each challenge can be asked for in this time, at least one; 0 where it has none.

    The challenges take turns: each gets one stage more, as long as there is time for any.
    """
    n_stages = [min(len(challenge.stages), 1) for challenge in drawn]
    left = minutes - sum(least_minutes(challenge) for challenge in drawn)
    is_growing = True
    while is_growing:
        is_growing = False
        for place, challenge in enumerate(drawn):
            following = challenge.stages[n_stages[place] : n_stages[place] + 1]
            if following and following[0].minutes <= left:
                n_stages[place] += 1
                left -= following[0].minutes
                is_growing = True
    return tuple(n_stages)


def _draw_challenges(shape: str, candidates: Sequence[Challenge]) -> list[Challenge]:
    """The first candidate that fits, for each coding challenge of the shape."""
    drawn: list[Challenge] = []
    for kinds in SHAPES[shape].coding:
        fitting = [c for c in candidates if c.kind in kinds and c not in drawn]
        if not fitting:
            raise UsageError(
                f"--shape {shape} needs one more challenge of kind {' or '.join(kinds)}"
                f"{_up_to(SHAPES[shape].highest_level)}, and none is left. Choose another shape."
            )
        drawn.append(fitting[0])
    return drawn


def _up_to(level: int) -> str:
    return f" and of level {level} at most" if level < 5 else ""


def _draw_questions(
    kind: str, count: int, questions: Sequence[Question], level: int, rng: random.Random
) -> list[Question]:
    """Questions of one kind, from as many topics as possible and near the level."""
    candidates = sorted((q for q in questions if q.kind == kind), key=lambda q: q.id)
    if len(candidates) < count:
        raise UsageError(
            f"The mock needs {count} questions of kind {kind}, and the bank has {len(candidates)}. "
            "Choose another shape."
        )
    rng.shuffle(candidates)
    return _spread_over_topics(sorted(candidates, key=lambda q: _distance(q.level, level)), count)


def _spread_over_topics(candidates: Sequence[Question], count: int) -> list[Question]:
    """The first candidates, except that each topic has its turn before one comes again.

    Topics come in rounds: a round has as many questions as there are topics. If all topics that are missing
    in a round have run out of questions, the first candidate that is left is taken instead.
    """
    left = list(candidates)
    round_length = len({question.topic for question in candidates})
    drawn: list[Question] = []
    seen_this_round: set[str] = set()
    for _ in range(count):
        question = next((q for q in left if q.topic not in seen_this_round), left[0])
        left.remove(question)
        drawn.append(question)
        seen_this_round.add(question.topic)
        if len(drawn) % round_length == 0:
            seen_this_round.clear()
    return drawn


def _distance(level: int, wanted: int) -> int:
    """How far a level is from the wanted one; a neighbouring level is as good as the level itself."""
    return max(abs(level - wanted) - 1, 0) if wanted else 0
