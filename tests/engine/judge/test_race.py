"""What is asked of both sides of a race: inputs of its own, the same again with the same seed."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest

from grader.judge import race as race_module
from grader.judge.race import Race
from grader.side.observation import Backlog, NotStopped
from grader.tables import Tables


class AnsweringSide:
    """A side whose solution is asked for a sum, and answers at once.

    Attributes:
        asked: The arguments of each round.
        worlds: The world of each round.
        stands: Whether all of it stands once it has been stopped.
        rests: Whether its world does.
    """

    driver_pid = 1
    has_world = True

    def __init__(self, *, stands: bool = True, rests: bool = True) -> None:
        self.stands, self.rests = stands, rests
        self.asked: list[tuple[int, ...]] = []
        self.worlds: list[float] = []
        self.warden = self.server = self.rig = self

    def held(self) -> contextlib.AbstractContextManager[bool]:
        return contextlib.nullcontext(self.rests)

    def touched(self) -> list[str]:
        """Nobody touches its files."""
        return []

    def ask(self, request: str, *_args: Any) -> Any:
        return self.stands if request == "freeze" else ""

    def ready(self) -> None:
        """Nothing has to be loaded."""

    def look(self, *_names: str) -> Tables:
        return Tables({"jobs": {}, "actors": [], "placement_groups": []})

    def prepare(self, _module: str, _name: str, args: tuple[Any, ...], _kwargs: dict[str, Any]) -> Any:
        def go(_deadline_s: float) -> int:
            self.asked.append(tuple(args[0]))
            return sum(args[0])

        return go

    def set_world(self, world: Any) -> None:
        self.worlds.append(world)


class Benchmark:
    """Runs rounds as pytest-benchmark does."""

    def __init__(self) -> None:
        self.stats = self

    def update(self, _seconds: float) -> None:
        """No statistics are looked at."""

    def pedantic(self, target: Any, *, setup: Any, teardown: Any, rounds: int) -> None:
        for _ in range(rounds):
            args, kwargs = setup()
            target(*args, **kwargs)
            teardown(*args, **kwargs)


def raced(seed: int, *, stands: bool = True, rests: bool = True) -> tuple[AnsweringSide, AnsweringSide]:
    """Learner's and reference's side after a race."""
    learner, reference = AnsweringSide(stands=stands, rests=rests), AnsweringSide()
    race = Race(learner, reference, lambda rng: float(rng.random()), Benchmark(), seed)  # type: ignore[arg-type, return-value]

    def draw(_world: Any, rng: np.random.Generator) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (rng.integers(2**40, size=3).tolist(),), {}

    def check(world: Any, args: tuple[Any, ...], _kwargs: dict[str, Any], value: Any) -> None:
        assert isinstance(world, float)
        assert value == sum(args[0])

    race.run("total", draw=draw, returns=int, check=check, naive_ratio=3.0)
    return learner, reference


@pytest.fixture(autouse=True)
def _not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(race_module, "recorded", lambda _side, _world, run: (run(), None))


def test_no_round_shares_its_input_or_its_world_with_another() -> None:
    learner, reference = raced(seed=3)
    asked = learner.asked + reference.asked
    assert len(learner.asked) >= 5
    assert len(set(asked)) == len(asked)
    worlds = learner.worlds + reference.worlds
    assert len(set(worlds)) == len(worlds)


def test_a_race_is_replayed_with_its_seed() -> None:
    first, again, other = raced(seed=3), raced(seed=3), raced(seed=4)
    for before, after in zip(first, again, strict=True):
        n = min(len(before.asked), len(after.asked))
        assert before.asked[:n] == after.asked[:n]
        assert before.worlds[:n] == after.worlds[:n]
    assert not set(first[0].asked) & set(other[0].asked)


def test_who_cannot_be_stopped_is_not_compared() -> None:
    with pytest.raises(NotStopped, match="not all of them could be stopped"):
        raced(seed=3, stands=False)


def test_who_leaves_a_backlog_is_not_compared() -> None:
    with pytest.raises(Backlog, match="reading it would have gone on"):
        raced(seed=3, rests=False)
