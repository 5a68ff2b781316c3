"""One grading: what is asked for, and what has been found so far. `engine` makes it, `plugin` fills it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from grader.catalogue.challenges import Challenge
from grader.catalogue.submission import Submission
from grader.errors import GraderError
from grader.judge.arena import Arena
from grader.judge.behaviour import Behaviour
from grader.judge.budget import Budget
from grader.judge.course import Course
from grader.judge.events import Ended, Entered, Event, Listener
from grader.judge.race import RaceResult
from grader.judge.record import Record, make_record
from grader.judge.retrial import RETRIALS
from grader.judge.stage_result import stage_results
from grader.judge.verdict import Check, Reports, Score, subtotal, total, total_of_stages


@dataclass(frozen=True, slots=True, kw_only=True)
class GradingRequest:
    """What to judge, and whom to tell.

    Args:
        challenge: The challenge whose suite judges.
        submission: The solution to judge.
        seed: Where every input of the run comes from.
        arena: The two sides.
        only: Names of the behaviours to judge; None for all.
        first: Names of behaviours to judge before the others of their stage.
        is_shuffled: Whether to judge in an order of its own, drawn from the seed.
        course: Which stages to judge, and in which order; None for the whole suite.
        listen: Told each event.
        keep: Given the record so far after each verdict, before `listen` is told.
    """

    challenge: Challenge
    submission: Submission
    seed: int
    arena: Arena
    only: frozenset[str] | None = None
    first: tuple[str, ...] = ()
    is_shuffled: bool = False
    course: Course | None = None
    listen: Listener | None = None
    keep: Callable[[Record], None] | None = None


@dataclass(slots=True, kw_only=True)
class Grading:
    """What has been found.

    Attributes:
        request: What to judge.
        suite: All behaviours of the suite, also those that are not to be judged.
        stage: Number of the stage that is being judged; 0 before the first, and where there are none.
        reports: Verdicts, by behaviour.
        races: Results of speed comparisons.
        failure: What kept the machinery from judging, if anything did.
        retrials_left: How many behaviours may still be judged again: see `grader.judge.retrial`.
        budget: How much time has been spent on what earned nothing.
        started_s: When it started, by `time.monotonic`.
    """

    request: GradingRequest
    suite: tuple[Behaviour, ...] = ()
    stage: int = 0
    reports: Reports = field(default_factory=Reports)
    races: list[RaceResult] = field(default_factory=list)
    failure: GraderError | None = None
    retrials_left: int = RETRIALS
    budget: Budget = field(default_factory=Budget)
    started_s: float = field(default_factory=time.monotonic)

    def tell(self, event: Event) -> None:
        """Tell the listener; whatever it is told is already on record."""
        if isinstance(event, Ended) and self.request.keep is not None:
            checks = self.reports.so_far()
            self.request.keep(self._record(checks, subtotal(checks)))
        if self.request.listen is not None:
            self.request.listen(event)

    def enter(self, behaviour: Behaviour) -> None:
        """Tell the listener if a stage begins with this behaviour."""
        if behaviour.stage != self.stage:
            self.stage = behaviour.stage
            self.tell(Entered(self.stage))

    def record(self) -> Record:
        """The record of a grading that has finished."""
        checks = self.reports.checks()
        if self.request.course is not None and len(checks) < len(self.suite):
            return self._record(checks, total_of_stages(checks))
        return self._record(checks, total(checks, self.request.challenge.pass_mark))

    def _record(self, checks: Sequence[Check], score: Score) -> Record:
        return make_record(
            challenge=self.request.challenge,
            submission=self.request.submission,
            seed=self.request.seed,
            checks=checks,
            score=score,
            races=self.races,
            seconds=time.monotonic() - self.started_s,
            stages=stage_results(self.request.challenge.stages, self.suite, checks),
        )
