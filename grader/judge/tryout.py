"""Runs a solution once under a trouble, on a side as in a grading, and notes everything; nothing is judged.

Inputs come from a stream of their own: no seed of a grading gives the inputs of a trial, and the reverse.
"""

from __future__ import annotations

import contextlib
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np

from grader.catalogue.challenges import Challenge
from grader.catalogue.submission import Submission
from grader.errors import ChallengeError, GraderError, GradingError, UsageError
from grader.explain.trace import Trace
from grader.judge.arena import Arena, world_class
from grader.judge.fitness import check_shared_memory
from grader.judge.learner import Learner
from grader.judge.round_trace import RoundWatch
from grader.side.observation import (
    ClusterStalled,
    NotLoadable,
    NotPlain,
    Observation,
    SolutionCrashed,
    SolutionRaised,
    SolutionTimeout,
)
from grader.side.sampler import Sampler
from grader.side.side import Side
from grader.world.ledger import Entry
from grader.world.troubles import Trial, Trouble, declared_troubles, meet

LEFT_WITHIN_S = 5.0  # what briefs give Ray to free what nothing refers to
DEBUG_WITHIN_S = 24 * 3600.0

Debugger = Callable[[Side], contextlib.AbstractContextManager[None]]
Ending = Literal["returned", "raised", "hung", "died", "not plain", "not loadable"]
_ENDINGS: dict[type[Observation], Ending] = {
    SolutionRaised: "raised",
    SolutionTimeout: "hung",
    ClusterStalled: "hung",
    SolutionCrashed: "died",
    NotPlain: "not plain",
    NotLoadable: "not loadable",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tryout:
    """What was seen of one run.

    Args:
        trouble: What went wrong with the outside world.
        seed: Where its inputs came from.
        trial: What was called.
        ending: How the call ended.
        message: Why, if it did not return; for a hang, its cause.
        value: What it returned.
        seconds: How long it took.
        began_s: When it started, by the clock of the ledger; 0 when it never did.
        entries: What the outside world was asked, from then on.
        driver_pid: The process that made the call.
        left: What was still there a few seconds after the call; empty when that is not known.
        trace: What Ray did; None when that is not known.
    """

    trouble: Trouble
    seed: int
    trial: Trial
    ending: Ending
    message: str = ""
    value: Any = None
    seconds: float = 0.0
    began_s: float = 0.0
    entries: tuple[Entry, ...] = ()
    driver_pid: int = 0
    left: tuple[str, ...] = ()
    trace: Trace | None = None


class Audience(Protocol):
    """Is told what happens while it happens; `printed` comes from another thread."""

    def begins(self, trouble: Trouble) -> None:
        """The trouble can be set up; the cluster starts now."""

    def calls(self, trial: Trial, seed: int) -> None:
        """The call starts now."""

    def printed(self, pid: int, text: str) -> None:
        """A worker printed something, or with 0 in place of a pid the driver."""


def troubles_of(challenge: Challenge) -> dict[str, Trouble]:
    """The troubles of a challenge, by name.

    Raises:
        ChallengeError: Its world cannot be imported.
    """
    world: Any = world_class(challenge)
    return declared_troubles(world) if world is not None else {}


def new_streams(seed: int, trouble: str) -> tuple[np.random.Generator, np.random.Generator]:
    """Sources of a trial's inputs and of its world's contents."""
    name = zlib.crc32(f"try {trouble}".encode())  # no test is called that
    return np.random.default_rng([seed, name, 0]), np.random.default_rng([seed, name, 1])


def set_up(challenge: Challenge, name: str, seed: int, given: Mapping[str, Any]) -> Trial:
    """Set a trouble up in a world that nobody asks: what can go wrong with that goes wrong here.

    Raises:
        UsageError: The challenge has no such trouble, or it cannot be varied like this.
        ChallengeError: The challenge's own code failed.
    """
    world = world_class(challenge)
    if world is None or not troubles_of(challenge):
        raise UsageError(f"{challenge.name} declares no troubles: there is nothing to try it under")
    inputs, contents = new_streams(seed, name)
    return meet(world(contents), name, inputs, given)


def try_out(
    challenge: Challenge,
    submission: Submission,
    name: str,
    *,
    seed: int,
    given: Mapping[str, Any],
    audience: Audience,
    debugger: Debugger | None = None,
) -> Tryout:
    """Run a solution under a trouble.

    Args:
        challenge: Whose world it meets.
        submission: The solution.
        name: Of the trouble.
        seed: Where the inputs come from.
        given: What the user varies: see `set_up`.
        audience: Told what happens.
        debugger: Attaches a terminal to the side's driver while the call lasts; there is no deadline then.

    Raises:
        UsageError: There is no such trouble.
        GraderError: Nothing was run, through no fault of the solution.
    """
    trial = set_up(challenge, name, seed, given)
    trouble = troubles_of(challenge)[name]
    audience.begins(trouble)
    if submission.problem:
        problem = submission.problem
        return Tryout(trouble=trouble, seed=seed, trial=trial, ending="not loadable", message=problem)
    check_shared_memory(challenge)
    attempt = _Attempt(trouble, seed, given, audience, debugger)
    with contextlib.closing(Arena(challenge)) as arena:
        arena.seat(submission)
        arena.learner_side.warm_up()
        with _heard(arena.learner_side, audience):
            return attempt.on(arena, trial)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One run, as it was asked for: see `try_out`."""

    trouble: Trouble
    seed: int
    given: Mapping[str, Any]
    audience: Audience
    debugger: Debugger | None

    def on(self, arena: Arena, planned: Trial) -> Tryout:
        """Make it on a side that has a solution."""
        inputs, contents = new_streams(self.seed, self.trouble.name)
        try:
            learner = arena.learner(contents)
            trial = meet(learner.world, self.trouble.name, inputs, self.given)
            if trial.before is not None:
                _prepared(learner.side, trial.before)(trial.before.deadline_s)
        except Observation as seen:
            ending, message = _ending(seen), seen.message
            return Tryout(trouble=self.trouble, seed=self.seed, trial=planned, ending=ending, message=message)
        self.audience.calls(trial, self.seed)
        with self.debugger(learner.side) if self.debugger else contextlib.nullcontext():
            return self._run(learner, trial)

    def _run(self, learner: Learner, trial: Trial) -> Tryout:
        side, ledger = learner.side, learner.world.ledger
        n_before, driver_pid = ledger.count(), side.driver_pid
        value, message = None, ""
        ending: Ending = "returned"
        go = _prepared(side, trial)
        watch = RoundWatch(side, learner.world, may_break=True)
        began_s = time.monotonic()
        try:
            value = go(DEBUG_WITHIN_S if self.debugger else trial.deadline_s)
        except Observation as seen:
            ending, message = _ending(seen), seen.message
        finally:
            watch.stop()
        seconds, entries = time.monotonic() - began_s, tuple(ledger.entries()[n_before:])
        if side.has_world and side.server.defects:
            raise ChallengeError(f"the challenge itself failed: {side.server.defects[0]}")
        watched = watch.read()
        return Tryout(
            trouble=self.trouble,
            seed=self.seed,
            trial=trial,
            ending=ending,
            message=message,
            value=value,
            seconds=seconds,
            began_s=began_s,
            entries=entries,
            driver_pid=driver_pid,
            trace=watched.trace() if watched is not None else None,
            left=_left(learner) if side.driver_pid == driver_pid else (),
        )


def _prepared(side: Side, trial: Trial) -> Callable[[float], Any]:
    return side.prepare(trial.module, trial.name, trial.args, dict(trial.inputs))


def _ending(seen: Observation) -> Ending:
    """How a call ended that did not return.

    Raises:
        GradingError: It was kept from running.
    """
    if seen.outcome == "inconclusive":
        raise GradingError(seen.message)
    return next(ending for kind, ending in _ENDINGS.items() if isinstance(seen, kind))


def _left(learner: Learner) -> tuple[str, ...]:
    with contextlib.suppress(Observation, GraderError):
        return tuple(learner.leftovers(within_s=LEFT_WITHIN_S))
    return ()


@contextlib.contextmanager
def _heard(side: Side, audience: Audience) -> Iterator[None]:
    """Pass on what is printed, some twenty times a second."""
    mark = side.rig.printed_mark()

    def listen(*, to_the_end: bool = False) -> None:
        nonlocal mark
        pieces, mark = side.rig.printed_news(mark, to_the_end=to_the_end)
        for pid, text in pieces:
            audience.printed(pid, text)

    sampler = Sampler(listen)
    try:
        yield
    finally:
        sampler.stop()
        with contextlib.suppress(GraderError):
            listen(to_the_end=True)
