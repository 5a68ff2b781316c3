"""From observations to checks and a score: pure, and distrustful of what is missing.

Every behaviour of the suite has to be reported exactly once. One that is not reported, is reported twice or
ends in any way other than by running has not passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from grader.judge.speed import FULL_RATIO, Speed
from grader.side.observation import Outcome

if TYPE_CHECKING:  # it imports pytest; `list` must not pay for that
    from grader.judge.behaviour import Behaviour

UNJUDGED: tuple[Outcome, ...] = ("inconclusive", "error")
RunOutcome = Literal["passed", "failed", "inconclusive", "error", "interrupted", "reached"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One behaviour as it ended.

    Args:
        earned: Points.
        observed: What was measured, if anything.
        limit: What it was compared with.
        unit: The unit of both.
        seconds: How long the behaviour took.
        output: What the solution printed meanwhile, shortened.
    """

    behaviour: Behaviour
    outcome: Outcome
    earned: float
    message: str = ""
    observed: float | str | None = None
    limit: float | str | None = None
    unit: str = ""
    seconds: float = 0.0
    output: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The sum of the checks.

    Args:
        earned: Points.
        judged: Points of the behaviours that were judged: neither inconclusive nor an error of ours.
        outcome: "passed", "failed", "inconclusive" (what was not judged decides), "error", "interrupted"
            (the run ended before everything was judged), or "reached" (only some stages were asked for, and
            they stand).
    """

    earned: float
    judged: float
    outcome: RunOutcome

    @property
    def passed(self) -> bool:
        """Whether the challenge is passed."""
        return self.outcome == "passed"


@dataclass(slots=True)
class Reports:
    """Collects checks by behaviour while a suite runs."""

    expected: list[Behaviour] = field(default_factory=list)
    seen: dict[str, list[Check]] = field(default_factory=dict)

    def add(self, check: Check) -> None:
        """Take note of how one behaviour ended."""
        self.seen.setdefault(check.behaviour.name, []).append(check)

    def checks(self) -> list[Check]:
        """One check for each expected behaviour, in the suite's order."""
        return [_only(behaviour, self.seen.get(behaviour.name, [])) for behaviour in self.expected]

    def so_far(self) -> list[Check]:
        """The checks of the behaviours that have ended."""
        return [check for check in self.checks() if self.seen.get(check.behaviour.name)]


def _only(behaviour: Behaviour, seen: Sequence[Check]) -> Check:
    if len(seen) == 1:
        return seen[0]
    reason = "it was not reported" if not seen else f"it was reported {len(seen)} times"
    return Check(
        behaviour=behaviour,
        outcome="error",
        earned=0.0,
        message=f"No verdict: {reason}. Run it again; if that does not help, the grader has a bug.",
    )


def speed_check(check: Check, speed: Speed) -> Check:
    """A performance behaviour's check, given what its race said."""
    shown = replace(check, observed=round(speed.ratio, 2), limit=FULL_RATIO, unit="× reference")
    points = check.behaviour.points
    low, high = speed.interval
    measured = f"{speed.ratio:.2f} times the reference's time (between {low:.2f} and {high:.2f})"
    if speed.state == "disturbed":
        message = (
            f"It takes {measured}, but the reference itself ran slower next to it than alone. Leave nothing "
            "running after the call, and close whatever else is running."
        )
        return replace(shown, outcome="fail", earned=0.0, message=message)
    if speed.state != "clear":
        message = f"Not judged: {measured}, {_why_open(speed, points)}"
        return replace(shown, outcome="inconclusive", earned=0.0, message=message)
    earned = round(points * speed.fraction, 1)
    outcome: Outcome = "pass" if earned >= points else ("partial" if earned > 0 else "fail")
    message = "" if outcome == "pass" else f"It takes {measured}; full marks up to {FULL_RATIO:g}."
    return replace(shown, outcome=outcome, earned=earned, message=message)


def _why_open(speed: Speed, points: float) -> str:
    """Why a race decides nothing, and what to do about it."""
    match speed.state:
        case "crowded":
            return (
                "but other programs used this machine's CPUs meanwhile, and next to them a design with more "
                "processes looks slower than it is. Close them and grade again."
            )
        case _:
            return (
                f"worth anything from {points * speed.worst:.0f} to {points * speed.best:.0f} points; the "
                "machine is too busy to tell. Close whatever else is running and grade again."
            )


def subtotal(checks: Sequence[Check]) -> Score:
    """The score of a run that has not finished."""
    judged = [c for c in checks if c.outcome not in UNJUDGED]
    return Score(
        earned=round(sum(c.earned for c in judged), 1),
        judged=sum(c.behaviour.points for c in judged),
        outcome="interrupted",
    )


def stands(checks: Iterable[Check]) -> bool:
    """Whether a stage with these behaviours stands: what is required has passed, and nothing else has failed.

    Part of the points for speed is enough to go on, and so is a speed that a busy machine left open.
    """
    return all(
        check.outcome == "pass"
        or (check.outcome in ("partial", "inconclusive") and not check.behaviour.required)
        for check in checks
    )


def total_of_stages(checks: Sequence[Check]) -> Score:
    """The score of a run that was asked for some stages only: such a run cannot pass the challenge.

    Args:
        checks: All of these stages.
    """
    score = subtotal(checks)
    fallen = [check for check in checks if not stands([check])]
    outcome: RunOutcome = "reached"
    if any(check.outcome not in UNJUDGED for check in fallen):
        outcome = "failed"
    elif fallen:
        outcome = "error" if any(check.outcome == "error" for check in fallen) else "inconclusive"
    return replace(score, outcome=outcome)


def total(checks: Sequence[Check], pass_mark: int) -> Score:
    """The score; a run passes or fails only if what was not judged could not change that.

    Args:
        checks: All of a suite's.
        pass_mark: Points needed to pass the challenge, out of 100.
    """
    earned = round(sum(check.earned for check in checks), 1)
    unjudged = [c for c in checks if c.outcome in UNJUDGED]
    open_points = sum(c.behaviour.points for c in unjudged)
    judged = sum(c.behaviour.points for c in checks) - open_points
    required_failed = any(c.behaviour.required and c.outcome not in ("pass", *UNJUDGED) for c in checks)
    required_open = any(c.behaviour.required for c in unjudged)
    outcome: RunOutcome
    if required_failed or earned + open_points < pass_mark:
        outcome = "failed"
    elif earned >= pass_mark and not required_open:
        outcome = "passed"
    elif any(c.outcome == "error" for c in unjudged):
        outcome = "error"
    else:
        outcome = "inconclusive"
    return Score(earned=earned, judged=judged, outcome=outcome)
