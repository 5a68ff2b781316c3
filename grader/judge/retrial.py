"""Judges a behaviour again, from the start, when a check that failed inside Ray ended a process of it.

Such an end is not the learner's: in Ray 2.60, `ray.cancel(force=True)` soon after `.remote()` can cause it in
a right program. But all that shows it comes from the process that ended, so a solution can forge it, or make
one of Ray's checks fail at will (see `grader.warden.failed_checks`). A retrial must therefore be no gain:

- Two behaviours of a grading get one; later on, such an end counts as what it looks like, mostly a crash.
  One is too few: a program that cancels a lot met this in two of six gradings on a busy machine.
- It starts over: a new driver, a clean cluster, a new world, the same inputs.
- If it earns points, one with other inputs follows, and the worse of both counts. What a solution saw in the
  first trial and kept somewhere does not help it there.

The same goes for whatever else may be Ray's or the machine's doing as well as the solution's
(`grader.judge.ending`): a task that was given no worker, a fault that did not fire, a reference that was
disturbed.

What remains is chance. A solution that is right in p of its trials, knows when it is not, and ends itself
then, gets the behaviour in p + (1 - p)p² of all gradings: at most 0.15 more, in two behaviours of it. To be
graded again, as anybody can be, gives it more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from grader.judge.race import RaceResult
from grader.judge.verdict import Check
from grader.side.observation import Outcome

RETRIALS = 2  # in a grading
SAME_INPUTS, OTHER_INPUTS = 0, 1
_RETRIED: tuple[Outcome, ...] = ("fail", "timeout", "crash")


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one trial of a behaviour ended, and what its race measured, if it had one."""

    check: Check
    race: RaceResult | None = None


class Trials:
    """The trials of one behaviour.

    Attributes:
        n_ended: How many there have been.
        draw: Which inputs the next one gets: SAME_INPUTS as the first, or OTHER_INPUTS.
        goes_on: Whether another one follows.
    """

    def __init__(self) -> None:
        self.n_ended = 0
        self.draw = SAME_INPUTS
        self.goes_on = False
        self._excuse = ""
        self._second: Verdict | None = None

    def settled(self, verdict: Verdict, excuse: str, *, may_repeat: bool) -> Verdict | None:
        """The verdict that counts; None if another trial comes first.

        Args:
            verdict: How the trial ended.
            excuse: What may not have been its own doing, "at first, ..."; empty if nothing.
            may_repeat: Whether the grading has a retrial left.
        """
        self.n_ended += 1
        counts = self._counts(verdict, excuse, may_repeat)
        self.goes_on = counts is None
        return counts

    def _counts(self, verdict: Verdict, excuse: str, may_repeat: bool) -> Verdict | None:
        if self.n_ended == 1:
            if not excuse or verdict.check.outcome not in _RETRIED:
                return verdict
            if not may_repeat:
                return _noted(
                    verdict, f"A grading makes up for {RETRIALS} such ends, and has done so before."
                )
            self._excuse = excuse
            return None
        if self._second is None and verdict.check.earned > 0:
            self._second, self.draw = verdict, OTHER_INPUTS
            return None
        return _noted(self._worse(verdict), self._told(excuse))

    def _worse(self, last: Verdict) -> Verdict:
        """What counts of the second and third trial."""
        if self._second is None or last.check.earned <= self._second.check.earned:
            return last
        return self._second

    def _told(self, excuse: str) -> str:
        """What happened before the verdict."""
        if excuse:
            return "This happened twice in a row, although it was judged again from the start: so it counts."
        inputs = "with the same inputs" if self._second is None else "with the same inputs, then with others"
        return f"Judged again from the start, {inputs}: at first, {self._excuse}."


def _noted(verdict: Verdict, note: str) -> Verdict:
    message = f"{verdict.check.message}\n{note}".lstrip("\n")
    return replace(verdict, check=replace(verdict.check, message=message))
