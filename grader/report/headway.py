"""A learner's headway: which stages of a challenge stand, and which is next. Drawn from records; pure.

The latest grading that judged a stage says whether it stands. Records from before there were stages say
nothing about them, unless they passed: then everything stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.catalogue.stages import Stage

if TYPE_CHECKING:  # it imports the judge
    from grader.report.attempts import Attempt

_DOTS = {True: "●", False: "○", None: "○"}
_JUDGED = {True: "●", False: "○", None: "·"}


@dataclass(frozen=True, slots=True)
class Headway:
    """How far somebody is with one challenge.

    Args:
        stages: Of the challenge; empty where it has none.
        stands: Whether each stands; None where that was never judged.
    """

    stages: tuple[Stage, ...]
    stands: tuple[bool | None, ...]

    @property
    def dots(self) -> str:
        """A filled dot for each stage that stands, an empty one for each other."""
        return "".join(_DOTS[each] for each in self.stands)

    @property
    def next_stage(self) -> Stage | None:
        """The first stage that does not stand, the stage at hand; None where there is none."""
        stages = zip(self.stages, self.stands, strict=True)
        return next((stage for stage, stands in stages if not stands), None)

    @property
    def next_words(self) -> str:
        """Which stage is next, with its minutes."""
        stage = self.next_stage
        return (
            f"next: stage {stage.number}, {stage.title} ({stage.minutes} min)"
            if stage
            else "all stages stand"
        )

    def lines(self) -> Iterator[str]:
        """A line for each stage: its dot, number, title and minutes, and which is next."""
        for stage, stands in zip(self.stages, self.stands, strict=True):
            mark = "   next" if stage == self.next_stage else ""
            yield f"  {_DOTS[stands]} {stage.number}. {stage.title} · {stage.minutes} min{mark}"

    @property
    def sentence(self) -> str:
        """The dots and what is next, in a line."""
        return f"Stages {self.dots} · {self.next_words}"


def headway_of(stages: Sequence[Stage], *documents: dict[str, Any]) -> Headway:
    """How far these records got together.

    Args:
        stages: Of the challenge.
        documents: Records, the latest one first.
    """
    return Headway(tuple(stages), tuple(_stands(stage.number, documents) for stage in stages))


def headway(stages: Sequence[Stage], attempts: Sequence[Attempt]) -> Headway:
    """How far somebody is, given all their attempts at a challenge, oldest first."""
    return headway_of(stages, *(attempt.document for attempt in reversed(attempts)))


def dots_of(document: dict[str, Any]) -> str:
    """How each stage did in one grading: ● stands, ○ does not, · was not judged; empty without stages."""
    return "".join(_JUDGED[stage["stands"]] for stage in document.get("stages", ()))


def _stands(number: int, documents: Iterable[dict[str, Any]]) -> bool | None:
    """What the first record that judged a stage says of it."""
    said = (stood(document, number) for document in documents)
    return next((stands for stands in said if stands is not None), None)


def stood(document: dict[str, Any], number: int) -> bool | None:
    """Whether a stage stood in one grading; None where it does not say."""
    stages = document.get("stages")
    if stages is None:
        return True if document["outcome"] == "passed" else None
    return next(
        (bool(s["stands"]) for s in stages if s["number"] == number and s["stands"] is not None), None
    )
