"""Runs the speed comparison: reference, learner, reference, learner … through pytest-benchmark.

Each round gets fresh input, equally hard on both sides but never the same: what the reference was asked and
what it answered tell the learner nothing. Each output is checked. The learner's round is pytest-benchmark's
timed target, so its stats and history are the usual ones; the reference's round runs in the untimed set-up
before it and is timed here.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from grader.errors import ClusterLostError
from grader.explain.trace import Trace
from grader.judge.forms import promised
from grader.judge.round_trace import TracedRound, recorded
from grader.judge.speed import EARLY_ROUNDS, FULL_RATIO, Rounds, Speed, is_beyond_doubt, judge_speed
from grader.side.cleanliness import CLEAN_TABLES, something_is_detached
from grader.side.observation import (
    Backlog,
    NotStopped,
    Observation,
    ReferenceDisturbed,
    SolutionCrashed,
    SolutionTimeout,
)
from grader.side.side import Side
from grader.system.machine import was_crowded
from grader.system.neighbours import cpu_use
from grader.system.scheduling import own_schedule, rescheduled
from grader.world.outside import OutsideWorld

MIN_ROUNDS = 5
MAX_ROUNDS = 25
BUDGET_S = 20.0
BASELINE_ROUNDS = 3
WARM_UP_ROUNDS = 2
_SURELY_SLOW = 1.5  # times the naive ratio, in each warm-up round

DrawInput = Callable[[Any, np.random.Generator], tuple[tuple[Any, ...], dict[str, Any]]]
CheckOutput = Callable[[Any, tuple[Any, ...], dict[str, Any], Any], None]


class ReferenceFailed(Exception):  # noqa: N818 - our own bug, seen while judging
    """The reference broke its own promise in a race: the challenge is to blame."""


@dataclass(slots=True)
class RaceResult:
    """What a race measured and what it means.

    Args:
        traces: What Ray did in one warm round of "learner" and "reference".
    """

    name: str
    rounds: Rounds
    speed: Speed
    traces: dict[str, Trace] = field(default_factory=dict)


@dataclass(slots=True)
class _Clock:
    learner_s: list[float] = field(default_factory=list)
    reference_s: list[float] = field(default_factory=list)
    baseline_s: list[float] = field(default_factory=list)

    def take(self, ran: _Trial) -> None:
        """Note a round of the learner's, once its output has been checked."""
        self.learner_s.append(ran.verified())

    def rounds(self) -> Rounds:
        return Rounds(
            learner_s=tuple(self.learner_s),
            reference_s=tuple(self.reference_s),
            baseline_s=tuple(self.baseline_s),
        )


class _Trial:
    """One round on one side: its input is ready, it has not started.

    Args:
        side: Where it runs.
        world: The round's world.
        go: Runs it and gives its output.
        check: Asserts its output.
    """

    def __init__(
        self,
        side: Side,
        world: OutsideWorld | None,
        go: Callable[[], Any],
        check: Callable[[Any], None],
    ) -> None:
        self._side, self._world = side, world
        self._go, self._check = go, check
        self._value: Any = None
        self._seconds = 0.0
        self.recording: TracedRound | None = None

    def run(self) -> _Trial:
        """Run and time it."""
        start = time.perf_counter()
        self._value = self._go()
        self._seconds = time.perf_counter() - start
        return self

    def run_traced(self) -> _Trial:
        """Run it and record what Ray does."""
        _, self.recording = recorded(self._side, self._world, self.run)
        return self

    def verified(self) -> float:
        """Its seconds, once its output has been checked."""
        self._check(self._value)
        return self._seconds


@dataclass(frozen=True, slots=True)
class Contest:
    """What is run in each round, on either side.

    Args:
        name: The public function.
        draw: Makes the arguments of one side's round.
        returns: The form of a round's output.
        check: Asserts a round's output, once it is known to have that form.
        deadline_s: Guards a round against hangs.
        make_world: Makes the world of one side's round.
    """

    name: str
    draw: DrawInput
    returns: Any
    check: CheckOutput
    deadline_s: float
    make_world: Callable[[np.random.Generator], OutsideWorld | None]

    def trial(self, side: Side, seed: np.random.SeedSequence) -> _Trial:
        """Draw one round's input; the side sees nothing of it before the round runs."""
        world = self.make_world(_generator(seed, 0))
        args, kwargs = self.draw(world, _generator(seed, 1))
        go = side.prepare("solution", self.name, args, kwargs)

        def run() -> Any:
            if world is not None:
                side.set_world(world)
            return go(self.deadline_s)

        def check(value: Any) -> None:
            self.check(world, args, kwargs, promised(value, self.returns, f"{self.name}()"))

        return _Trial(side, world, run, check)

    def reference_round(
        self, reference: Side, seed: np.random.SeedSequence, *, record: bool = False
    ) -> tuple[float, TracedRound | None]:
        """Seconds of a round of the reference, which is expected to do its part, and its recording."""
        try:
            changed = _changed_from_outside(reference)
            if not changed:
                trial = self.trial(reference, seed)
                ran = trial.run_traced() if record else trial.run()
                return ran.verified(), ran.recording
        except (SolutionTimeout, SolutionCrashed, ClusterLostError) as seen:
            changed = f"no answer in a round ({seen})"
        except (Observation, AssertionError) as error:
            raise ReferenceFailed(f"the reference failed in a race: {error}") from error
        reference.replace()  # the next race may need it
        raise ReferenceDisturbed(f"No race, for the reference was disturbed: {changed}.")


class Race:
    """The `race` fixture of a performance behaviour.

    Args:
        learner_side: The side that is judged.
        reference_side: The side it is compared with.
        make_world: Makes the world of one side's round.
        benchmark: pytest-benchmark's fixture.
        seed: Where the rounds' inputs come from.
    """

    def __init__(
        self,
        learner_side: Side,
        reference_side: Side,
        make_world: Callable[[np.random.Generator], OutsideWorld | None],
        benchmark: Any,
        seed: int,
    ) -> None:
        self._learner_side, self._reference_side = learner_side, reference_side
        self._make_world = make_world
        self._benchmark = benchmark
        self._seeds = np.random.SeedSequence(seed)
        self._traced: dict[str, TracedRound | None] = {}
        self.result: RaceResult | None = None

    def run(
        self,
        name: str,
        *,
        draw: DrawInput,
        returns: Any,
        check: CheckOutput,
        naive_ratio: float,
        deadline_s: float = 20.0,
    ) -> None:
        """Compare a public function of both solutions; the outcome is in `result`.

        Args:
            name: The function.
            draw: Makes one round's arguments from (world, generator). Called for each side with a world and a
                generator of its own: the work has to be the same for any of them.
            returns: The form of a round's output; see `grader.judge.forms`.
            check: Asserts an output of that form, given (world, args, kwargs, value).
            naive_ratio: The naive design's time over the reference's: no points from there on.
            deadline_s: Guards each round against hangs.

        Raises:
            Observation: The learner's side failed in a round.
            AssertionError: It returned a wrong output in a round.
            ReferenceDisturbed: The reference did not answer in time, or died.
            ReferenceFailed: The reference answered with something wrong.
        """
        if naive_ratio <= FULL_RATIO:
            raise ValueError(f"naive_ratio is {naive_ratio}; it must be above {FULL_RATIO}")
        contest = Contest(name, draw, returns, check, deadline_s, self._make_world)
        clock = _Clock()
        used_before = cpu_use()
        is_slow = self._warm_up(contest, naive_ratio)
        self._baseline(clock, contest, rounds=1 if is_slow else BASELINE_ROUNDS)
        give_up_s = time.monotonic() + BUDGET_S
        self._benchmark.pedantic(
            _Trial.run,
            setup=lambda: ((self._next_round(clock, contest),), {}),
            teardown=clock.take,
            rounds=1 if is_slow else EARLY_ROUNDS,
        )
        traces = self._read_traces()
        if is_slow and clock.rounds().ratios[0] < naive_ratio:  # only its warm-up was
            is_slow = False
            self._baseline(clock, contest, rounds=BASELINE_ROUNDS - 1)
        while not (is_slow or _is_decided(clock.rounds(), naive_ratio)):
            n_rounds = len(clock.learner_s)
            if n_rounds >= MAX_ROUNDS or (n_rounds >= MIN_ROUNDS and time.monotonic() > give_up_s):
                break
            clock.take(self._next_round(clock, contest).run())
            self._benchmark.stats.update(clock.learner_s[-1])
        speed = judge_speed(clock.rounds(), naive_ratio, final=True, crowded=was_crowded(since=used_before))
        self.result = RaceResult(name=name, rounds=clock.rounds(), speed=speed, traces=traces)

    def _next_round(self, clock: _Clock, contest: Contest) -> _Trial:
        """Run and time the reference's half of a pair; the learner's half is there and has not begun."""
        theirs, mine = self._seeds.spawn(2)
        with self._learner_frozen():
            clock.reference_s.append(contest.reference_round(self._reference_side, theirs)[0])
        return contest.trial(self._learner_side, mine)

    def _warm_up(self, contest: Contest, naive_ratio: float) -> bool:
        """Run both sides until they are warm, and record the last round.

        Returns:
            Whether the learner's side is surely too slow to earn anything, in each round.
        """
        is_slow = True
        for n in range(1, WARM_UP_ROUNDS + 1):
            record = n == WARM_UP_ROUNDS
            their_seed, my_seed = self._seeds.spawn(2)
            with self._learner_frozen():
                theirs, recording = contest.reference_round(self._reference_side, their_seed, record=record)
            self._traced["reference"] = recording
            trial = contest.trial(self._learner_side, my_seed)
            ran = trial.run_traced() if record else trial.run()
            mine, self._traced["learner"] = ran.verified(), ran.recording
            is_slow = is_slow and mine > _SURELY_SLOW * naive_ratio * theirs
        return is_slow

    def _read_traces(self) -> dict[str, Trace]:
        """The traces of both sides: the rounds since then gave Ray's task events time to arrive."""
        found = {side: recording.trace() for side, recording in self._traced.items() if recording}
        return {side: trace for side, trace in found.items() if trace is not None}

    def _baseline(self, clock: _Clock, contest: Contest, *, rounds: int) -> None:
        """Time the reference while the learner's whole side stands still."""
        with self._learner_frozen():
            for seed in self._seeds.spawn(rounds):
                clock.baseline_s.append(contest.reference_round(self._reference_side, seed)[0])

    @contextlib.contextmanager
    def _learner_frozen(self) -> Iterator[None]:
        """Stop the learner's whole side: what it left running can neither slow a round nor see it.

        Its world rests as well: a backlog of requests would be read beside the reference, in this process.

        Raises:
            NotStopped: It is not known that all of it stands.
            Backlog: It has sent more than can be read in time.
        """
        side = self._learner_side
        try:
            if not side.warden.ask("freeze"):
                raise NotStopped
            with side.server.held() if side.has_world else contextlib.nullcontext(True) as rests:
                if not rests:
                    raise Backlog
                yield
        finally:
            side.warden.ask("thaw")


def _is_decided(rounds: Rounds, naive_ratio: float) -> bool:
    """Whether more rounds would hardly change the points: beyond doubt after few, else by the interval."""
    if len(rounds.learner_s) < MIN_ROUNDS:
        return is_beyond_doubt(rounds, naive_ratio)
    return judge_speed(rounds, naive_ratio).state != "unclear"


def _changed_from_outside(reference: Side) -> str:
    """What was done to the reference's side; empty when nothing was.

    The learner's side is stopped meanwhile: what it did before is seen, and it can do no more.
    """
    reference.ready()
    if touched := reference.rig.touched():
        return f"somebody wrote where it has its files ({touched[0]})"
    seen = reference.look("jobs", *CLEAN_TABLES)
    if set(seen.jobs.values()) - {reference.driver_pid}:
        return "another process has a job in its cluster"
    if something_is_detached(seen):
        return "an actor was left in its cluster"
    return rescheduled([os.getpid()], own_schedule()) or str(reference.warden.ask("rescheduled"))


def _generator(seed: np.random.SeedSequence, stream: int) -> np.random.Generator:
    """A fresh generator; the same seed and stream always give the same one."""
    return np.random.default_rng([*seed.generate_state(4).tolist(), stream])
