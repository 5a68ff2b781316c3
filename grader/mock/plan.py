"""The plan of a mock: what is asked, and how long it lasts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked in one mock.

    Args:
        shape: Name of the kind of interview in `grader.mock.draw.SHAPES`, or "set" for a fixed set.
        minutes: How long the mock lasts.
        level: The level that was asked for; 0 for any.
        seed: Decides the draw and the order of choices.
        challenges: Names of the coding challenges.
        questions: Ids of the questions, in the order in which they are asked.
    """

    shape: str
    minutes: int
    level: int
    seed: int
    challenges: tuple[str, ...]
    questions: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data for the journal and the card."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Plan:
        """The plan that `to_json` wrote."""
        challenges, questions = tuple(document["challenges"]), tuple(document["questions"])
        return cls(**(document | {"challenges": challenges, "questions": questions}))
