"""The order in which one learns: tracks, levels, and what a challenge builds on. Pure.

What a challenge needs is a hint, never a lock: everything can be started at any time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # it imports this module
    from grader.catalogue.challenges import Challenge

TRACKS = (
    "fundamentals",
    "tasks",
    "actors",
    "memory",
    "debugging",
    "faults",
    "scheduling",
    "scenarios",
)


def in_learning_order(challenges: Iterable[Challenge]) -> list[Challenge]:
    """By track, then level, then name; what a challenge needs comes before it where both are alike."""
    left = sorted(challenges, key=lambda c: (TRACKS.index(c.track), c.level, c.name))
    ordered: list[Challenge] = []
    while left:
        first = left[0]
        alike = [c for c in left if (c.track, c.level) == (first.track, first.level)]
        waiting = {c.name for c in alike}
        free = next((c for c in alike if not waiting & set(c.needs)), first)
        ordered.append(free)
        left.remove(free)
    return ordered


def next_to_start(new: Sequence[Challenge], passed: Collection[str]) -> Challenge | None:
    """The challenge that fits next: the easiest one whose needs are met; None if there is none at all.

    Args:
        new: Those that were never started, in learning order.
        passed: Names of those that were passed.
    """
    return min(new, key=lambda c: (not set(c.needs) <= set(passed), c.level), default=None)
