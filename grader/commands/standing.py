"""A learner's standing: how far they are with each challenge, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from grader.catalogue.challenges import Challenge, read_catalogue
from grader.catalogue.hints import hints_read
from grader.catalogue.ladder import next_to_start
from grader.report.attempts import Attempt, best, own, read_attempts
from grader.report.headway import Headway, headway

STATES = ("new", "started", "tried", "passed")


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a learner is with one challenge.

    Args:
        challenge: The challenge.
        attempts: The learner's own attempts, oldest first.
    """

    challenge: Challenge
    attempts: Sequence[Attempt]

    @property
    def best(self) -> Attempt | None:
        """The best attempt; None before the first one."""
        return best(self.attempts)

    @property
    def headway(self) -> Headway:
        """How far the latest attempts got through the stages."""
        return headway(self.challenge.stages, self.attempts)

    @property
    def state(self) -> str:
        """One of STATES."""
        if self.best is not None:
            return "passed" if self.best.passed else "tried"
        return "started" if self.challenge.solution_path.exists() else "new"

    def to_json(self) -> dict[str, Any]:
        """The document that `list --json` prints for this challenge."""
        keys = ("name", "title", "summary", "track", "kind", "level", "minutes", "pass_mark", "needs")
        return {key: getattr(self.challenge, key) for key in keys} | {
            "started": self.challenge.solution_path.exists(),
            "state": self.state,
            "best_score": self.best.score if self.best else None,
            "attempts": len(self.attempts),
            "hints_read": hints_read(self.challenge.name),
            "stages": [
                {"number": stage.number, "title": stage.title, "minutes": stage.minutes, "stands": stands}
                for stage, stands in zip(self.challenge.stages, self.headway.stands, strict=True)
            ],
        }


def standings(challenges: Sequence[Challenge]) -> list[Standing]:
    """How far the learner is with each challenge, from the records."""
    attempts = own(read_attempts()[0])
    return [Standing(c, [a for a in attempts if a.challenge == c.name]) for c in challenges]


def standing_of(challenge: Challenge) -> Standing:
    """How far the learner is with one challenge."""
    return Standing(challenge, own(read_attempts(challenge.name)[0]))


def stage_at_hand(challenge: Challenge) -> int:
    """Number of the stage the learner is at: the last one once all stand; 0 where there are none."""
    following = standing_of(challenge).headway.next_stage
    return following.number if following is not None else len(challenge.stages)


def at_hand(found: Iterable[Standing]) -> Standing | None:
    """What to finish first: the easiest challenge that was tried, or else started, and is not passed."""
    open_ones = [standing for standing in found if standing.state in ("tried", "started")]
    return min(open_ones, key=lambda s: (s.state != "tried", s.challenge.level), default=None)


def next_new(found: Sequence[Standing]) -> Challenge | None:
    """The new challenge that fits next; None if all were started."""
    passed = {standing.challenge.name for standing in found if standing.state == "passed"}
    return next_to_start([standing.challenge for standing in found if standing.state == "new"], passed)


def next_command(found: Sequence[Standing]) -> str:
    """What to type next: finish what was started, otherwise start the new challenge that fits."""
    unfinished, new = at_hand(found), next_new(found)
    if unfinished is not None:
        return f"Next: {unfinished.challenge.how_to_run}"
    if new is not None:
        return f"Next: python grade.py start {new.name}"
    return "Next: python grade.py history"


def next_open(challenge: Challenge) -> Challenge | None:
    """The next challenge in learning order that is not passed yet."""
    found = standings(read_catalogue())
    place = [standing.challenge.name for standing in found].index(challenge.name)
    return next((each.challenge for each in found[place + 1 :] if each.state != "passed"), None)
