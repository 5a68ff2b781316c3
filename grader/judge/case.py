"""One behaviour while it is judged: what its trials have left with the judge so far."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import pytest

from grader.judge.race import Race
from grader.judge.retrial import Trials


@dataclass(slots=True)
class Notes:
    """What a behaviour wants shown next to its line."""

    observed: float | str | None = None
    limit: float | str | None = None
    unit: str = ""


@dataclass(slots=True)
class Case:
    """What is known of one behaviour.

    Attributes:
        printed: How much the solution had printed before: see `grader.warden.printed`.
        started_s: When its first trial began, by `time.monotonic`.
        trials: Those that have ended.
        ready_s: Since when the side has been ready for the current trial, in epoch seconds.
        notes: What the current trial wants shown.
        race: The current trial's speed comparison, if it has one.
    """

    printed: dict[str, int] = field(default_factory=dict)
    started_s: float = field(default_factory=time.monotonic)
    trials: Trials = field(default_factory=Trials)
    ready_s: float = field(default_factory=time.time)
    notes: Notes = field(default_factory=Notes)
    race: Race | None = None

    def begin_trial(self) -> None:
        """Forget what an earlier trial has left."""
        self.trials.goes_on = False
        self.ready_s, self.notes, self.race = time.time(), Notes(), None


_CASE = pytest.StashKey[Case]()


def case_of(item: pytest.Item) -> Case:
    """The case of a test; a new one where there is none."""
    return item.stash.setdefault(_CASE, Case())
