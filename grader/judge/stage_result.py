"""How each stage of a challenge did in one grading. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.catalogue.stages import Stage
from grader.judge.verdict import Check, stands

if TYPE_CHECKING:  # it imports pytest; `list` must not pay for that
    from grader.judge.behaviour import Behaviour


@dataclass(frozen=True, slots=True, kw_only=True)
class StageResult:
    """One stage in one grading.

    Args:
        stage: The stage.
        points: What its behaviours are worth.
        earned: What was earned of that.
        stands: Whether it stands; None where not all of it was judged and nothing of it failed.
    """

    stage: Stage
    points: int
    earned: float
    stands: bool | None

    def to_json(self) -> dict[str, Any]:
        """Plain data for the record."""
        return {
            "number": self.stage.number,
            "title": self.stage.title,
            "minutes": self.stage.minutes,
            "points": self.points,
            "earned": self.earned,
            "stands": self.stands,
        }


def stage_results(
    stages: Sequence[Stage], suite: Sequence[Behaviour], checks: Sequence[Check]
) -> tuple[StageResult, ...]:
    """How each stage did.

    Args:
        stages: Of the challenge.
        suite: All behaviours of its suite, also those that were not judged.
        checks: Those that were.
    """
    return tuple(_result(stage, suite, checks) for stage in stages)


def _result(stage: Stage, suite: Sequence[Behaviour], checks: Sequence[Check]) -> StageResult:
    own = [behaviour for behaviour in suite if behaviour.stage == stage.number]
    ended = [check for check in checks if check.behaviour.stage == stage.number]
    is_whole = {behaviour.name for behaviour in own} == {check.behaviour.name for check in ended}
    return StageResult(
        stage=stage,
        points=sum(behaviour.points for behaviour in own),
        earned=round(sum(check.earned for check in ended), 1),
        stands=False if not stands(ended) else (True if is_whole else None),
    )
