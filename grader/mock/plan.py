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
        stages: For each challenge, how many of its stages are asked for, from the first one; 0 for all of a
            challenge, which is also what a plan without this means.
    """

    shape: str
    minutes: int
    level: int
    seed: int
    challenges: tuple[str, ...]
    questions: tuple[str, ...]
    stages: tuple[int, ...] = ()

    def n_stages(self, challenge: str) -> int:
        """How many stages of a challenge are asked for; 0 for all of it."""
        return dict(zip(self.challenges, self.stages, strict=False)).get(challenge, 0)

    def to_json(self) -> dict[str, Any]:
        """Plain data for the journal and the card."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Plan:
        """The plan that `to_json` wrote."""
        lists = {key: tuple(document.get(key, ())) for key in ("challenges", "questions", "stages")}
        return cls(**(document | lists))
