"""The course of a grading: which stages are judged, in which order, and where it stops. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.judge.verdict import Check, stands

if TYPE_CHECKING:  # it imports pytest
    from grader.judge.behaviour import Behaviour


@dataclass(frozen=True, slots=True)
class Course:
    """Which stages are judged.

    Args:
        asked: Numbers of the stages that are judged in any case, in this order.
        onward: Numbers of those that follow, one by one, as long as everything judged before them stands.
    """

    asked: tuple[int, ...]
    onward: tuple[int, ...] = ()

    def covers(self, behaviour: Behaviour) -> bool:
        """Whether a behaviour may be judged at all."""
        return behaviour.stage in self.asked + self.onward

    def place(self, behaviour: Behaviour) -> int:
        """Where the stage of a behaviour comes."""
        return (self.asked + self.onward).index(behaviour.stage)

    def asks_for(self, behaviour: Behaviour) -> bool:
        """Whether a behaviour is judged in any case."""
        return behaviour.stage in self.asked

    def goes_on_to(self, following: Behaviour, checks: Iterable[Check]) -> bool:
        """Whether the behaviour that is next is to be judged, after these."""
        return self.asks_for(following) or stands(checks)


def up_to(number: int) -> Course:
    """The stages from the first to this one."""
    return Course(tuple(range(1, number + 1)))


def whole(behaviours: Sequence[Behaviour]) -> Course:
    """All stages of a suite, in order; without stages, a course of one."""
    return Course(tuple(sorted({behaviour.stage for behaviour in behaviours})))


def beginning_with(number: int, last: int) -> Course:
    """One stage first, then those before it, and those after it as long as all stand.

    Args:
        number: Of the stage that somebody is working on.
        last: Number of the last stage.
    """
    return Course((number, *range(1, number)), tuple(range(number + 1, last + 1)))
