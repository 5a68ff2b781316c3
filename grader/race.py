"""Runs the speed comparison: reference, learner, reference, learner … through pytest-benchmark.

Each pair of rounds gets fresh input, equal for both sides, and each output is checked. The learner's round is
pytest-benchmark's timed target, so its stats and history are the usual ones; the reference's round is
the untimed set-up before it and is timed here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from grader.collaborator import Collaborator
from grader.observation import Observation
from grader.side import Side
from grader.speed import FULL_RATIO, Rounds, Speed, judge_speed

MIN_ROUNDS = 5
MAX_ROUNDS = 25
BUDGET_S = 20.0
BASELINE_ROUNDS = 3
WARM_UP_ROUNDS = 2
_SURELY_SLOW = 2.0
_ROUNDS_WHEN_SLOW = 2

Draw = Callable[[Any, np.random.Generator], tuple[tuple[Any, ...], dict[str, Any]]]
Check = Callable[[Any, tuple[Any, ...], dict[str, Any], Any], None]


class ReferenceFailed(Exception):  # noqa: N818 - our own defect, seen while judging
    """The reference broke its own promise in a race: the challenge is to blame."""


@dataclass(slots=True)
class RaceResult:
    """What a race measured and what it means."""

    name: str
    rounds: Rounds
    speed: Speed


@dataclass(slots=True)
class _Clock:
    learner_s: list[float] = field(default_factory=list)
    reference_s: list[float] = field(default_factory=list)
    baseline_s: list[float] = field(default_factory=list)

    def rounds(self) -> Rounds:
        return Rounds(
            learner_s=tuple(self.learner_s),
            reference_s=tuple(self.reference_s),
            baseline_s=tuple(self.baseline_s),
        )


class _Trial:
    """One round on one side: its input is there, it has not begun.

    Args:
        go: Runs it and gives its output.
        check: Asserts its output.
    """

    def __init__(self, go: Callable[[], Any], check: Callable[[Any], None]) -> None:
        self._go, self._check = go, check
        self._value: Any = None
        self._seconds = 0.0

    def run(self) -> _Trial:
        """Run and time it."""
        start = time.perf_counter()
        self._value = self._go()
        self._seconds = time.perf_counter() - start
        return self

    def verified(self) -> float:
        """Its seconds, once its output has been checked."""
        self._check(self._value)
        return self._seconds


class Race:
    """The `race` fixture of a performance behaviour.

    Args:
        learner: The side that is judged.
        reference: The side it is compared with.
        make_world: Makes a round's world; equal generators give equal worlds.
        benchmark: pytest-benchmark's fixture.
        seed: Where the rounds' inputs come from.
    """

    def __init__(
        self,
        learner: Side,
        reference: Side,
        make_world: Callable[[np.random.Generator], Collaborator | None],
        benchmark: Any,
        seed: int,
    ) -> None:
        self._learner, self._reference = learner, reference
        self._make_world = make_world
        self._benchmark = benchmark
        self._seeds = np.random.SeedSequence(seed)
        self.result: RaceResult | None = None

    def run(
        self, name: str, *, draw: Draw, check: Check, naive_ratio: float, deadline_s: float = 20.0
    ) -> None:
        """Compare a public function of both solutions; the outcome is in `result`.

        Args:
            name: The function.
            draw: Makes one round's arguments from (world, generator); called for each side with equal ones.
            check: Asserts a round's output, given (world, args, kwargs, value).
            naive_ratio: The naive design's time over the reference's: no points from there on.
            deadline_s: Guards each round against hangs.

        Raises:
            Observation: The learner's side failed in a round.
            AssertionError: It returned a wrong output in a round.
            ReferenceFailed: The reference did one of these.
        """
        if naive_ratio <= FULL_RATIO:
            raise ValueError(f"naive_ratio is {naive_ratio}; it must be above {FULL_RATIO}")
        clock = _Clock()

        def trial(side: Side, seed: np.random.SeedSequence) -> _Trial:
            return self._trial(side, seed, name, draw, check, deadline_s)

        def reference_round(seed: np.random.SeedSequence) -> float:
            try:
                return trial(self._reference, seed).run().verified()
            except (Observation, AssertionError) as error:
                raise ReferenceFailed(f"the reference failed in a race: {error}") from error

        def set_up() -> tuple[tuple[_Trial], dict[str, Any]]:
            (seed,) = self._seeds.spawn(1)
            clock.reference_s.append(reference_round(seed))
            return (trial(self._learner, seed),), {}

        def tear_down(ran: _Trial) -> None:
            clock.learner_s.append(ran.verified())

        rounds = MIN_ROUNDS
        for seed in self._seeds.spawn(WARM_UP_ROUNDS):
            theirs = reference_round(seed)
            mine = trial(self._learner, seed).run().verified()
            if mine > _SURELY_SLOW * naive_ratio * theirs:
                rounds = _ROUNDS_WHEN_SLOW
                break
        self._baseline(clock, reference_round)
        deadline = time.monotonic() + BUDGET_S
        self._benchmark.pedantic(_Trial.run, setup=set_up, teardown=tear_down, rounds=rounds)
        speed = judge_speed(clock.rounds(), naive_ratio)
        while speed.state == "unclear" and len(clock.learner_s) < MAX_ROUNDS and time.monotonic() < deadline:
            (another,), _ = set_up()
            tear_down(another.run())
            self._benchmark.stats.update(clock.learner_s[-1])
            speed = judge_speed(clock.rounds(), naive_ratio)
        speed = judge_speed(clock.rounds(), naive_ratio, final=True)
        self.result = RaceResult(name=name, rounds=clock.rounds(), speed=speed)

    def _baseline(self, clock: _Clock, reference_round: Callable[[np.random.SeedSequence], float]) -> None:
        """Time the reference while the learner's whole side stands still."""
        self._learner.warden.ask("freeze")
        try:
            for seed in self._seeds.spawn(BASELINE_ROUNDS):
                clock.baseline_s.append(reference_round(seed))
        finally:
            self._learner.warden.ask("thaw")

    def _trial(
        self,
        side: Side,
        seed: np.random.SeedSequence,
        name: str,
        draw: Draw,
        check: Check,
        deadline_s: float,
    ) -> _Trial:
        """Bring one round's input to a side."""
        world = self._make_world(_generator(seed, 0))
        if world is not None:
            side.set_world(world)
        args, kwargs = draw(world, _generator(seed, 1))
        go = side.prepare("solution", name, args, kwargs)
        return _Trial(lambda: go(deadline_s), lambda value: check(world, args, kwargs, value))


def _generator(seed: np.random.SeedSequence, stream: int) -> np.random.Generator:
    """A fresh generator; the same seed and stream always give the same one."""
    return np.random.default_rng([*seed.generate_state(4).tolist(), stream])
