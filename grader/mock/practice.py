"""What to practise after a mock: unfinished challenges, related ones, and topics of missed questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from grader.catalogue.challenges import Challenge
from grader.mock.parts import Part
from grader.words import counted

WEAK = 0.7
MAX_SUGGESTIONS = 5
MAX_TOPICS = 2


def suggestions(
    parts: Sequence[Part],
    skills: dict[str, tuple[float, float]],
    challenges: Sequence[Challenge],
    passed: set[str],
) -> list[tuple[str, str]]:
    """What to practise next, the most urgent first: a name and a reason each.

    Args:
        parts: How the challenges and questions of the mock went.
        skills: For each skill, the points earned and the points there were.
        challenges: All challenges.
        passed: Names of the challenges passed outside mocks.
    """
    weak_coding = [part for part in parts if part.kind == "coding" and part.share < WEAK]
    missed = [part for part in parts if part.kind != "coding" and part.share < WEAK]
    found = [
        *((part.name, "not finished here: finish it without the clock") for part in weak_coding),
        *_related(weak_coding, challenges, passed),
        *_topics(missed),
    ]
    return found[:MAX_SUGGESTIONS] or list(_weakest_skill(skills))


def _related(
    weak: Sequence[Part], challenges: Sequence[Challenge], passed: set[str]
) -> Iterator[tuple[str, str]]:
    """Other challenges of the same tracks, the easiest first."""
    tracks, names = {part.topic for part in weak}, {part.name for part in weak}
    for challenge in sorted(challenges, key=lambda each: each.level):
        if challenge.track in tracks and challenge.name not in names | passed:
            yield challenge.name, f"same track ({challenge.track}), level {challenge.level}"


def _topics(missed: Sequence[Part]) -> Iterator[tuple[str, str]]:
    """The topics with the most missed questions."""
    for topic, n in Counter(part.topic for part in missed).most_common(MAX_TOPICS):
        yield f"quiz --topic {topic}", f"{counted(n, 'question')} missed"


def _weakest_skill(skills: dict[str, tuple[float, float]]) -> Iterator[tuple[str, str]]:
    """The skill in which the largest share of the points is missing, if any is."""
    shares = {skill: earned / points for skill, (earned, points) in skills.items()}
    weakest = min(shares, key=lambda skill: shares[skill], default=None)
    if weakest is not None and shares[weakest] < 1:
        yield "list", f"most points are missing in {weakest}"
