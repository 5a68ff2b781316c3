"""A trouble is declared once, set up by name, and varied only as its author meant."""

import dataclasses

import numpy as np
import pytest

from grader.errors import ChallengeError, UsageError
from grader.world.outside import OutsideWorld
from grader.world.troubles import Trial, declared_troubles, meet, trouble


class Shop(OutsideWorld):
    """A world with some troubles."""

    closed = False

    def helper(self):
        """Not a trouble."""

    @trouble
    def none(self, rng: np.random.Generator, n: int = 3, items: list[str] | None = None) -> Trial:
        """Nothing goes wrong.

        Much more could be said.
        """
        return Trial.call("buy", items or [f"item {k}" for k in rng.permutation(n)])

    @trouble
    def shut(self, _rng: np.random.Generator) -> Trial:
        """The shop is shut."""
        self.closed = True
        return Trial.scenario("visit", times=2, deadline_s=5.0).after(Trial.call("walk")).noting("bad luck")

    @trouble
    def broken(self, _rng: np.random.Generator, n: int = 0) -> Trial:
        """It cannot be set up."""
        return [1, 2][n + 2]

    @trouble
    def lazy(self, _rng: np.random.Generator) -> Trial:
        """It says nothing."""

    async def buy(self, call, item):
        """An operation."""


class Market(Shop):
    @trouble
    def crowd(self, rng: np.random.Generator, wait_s: float = 0.5) -> Trial:
        """The market is full."""
        return Trial.call("buy", [], deadline_s=wait_s)


def a_world(kind=Shop):
    return kind(np.random.default_rng(0))


def met(name, seed=1, kind=Shop, **given):
    return meet(a_world(kind), name, np.random.default_rng(seed), given)


def test_troubles_are_known_in_their_order_with_title_and_what_can_be_varied():
    found = declared_troubles(Market)
    assert list(found) == ["none", "shut", "broken", "lazy", "crowd"]
    assert found["none"].title == "Nothing goes wrong"
    assert found["none"].parameters == {"n": 3, "items": None}
    assert found["crowd"].parameters == {"wait_s": 0.5}
    assert found["shut"].parameters == {}


def test_a_trouble_is_no_operation_that_a_program_could_ask_for():
    assert set(a_world().operations) == {"buy"}


def test_the_generator_decides_the_inputs():
    assert met("none", seed=5, n=20) == met("none", seed=5, n=20)
    assert met("none", seed=5, n=20) != met("none", seed=6, n=20)
    assert sorted(met("none").args[0]) == ["item 0", "item 1", "item 2"]


def test_what_is_given_takes_the_place_of_what_is_drawn():
    assert met("none", items=["bread"]).args == (["bread"],)
    assert met("crowd", kind=Market, wait_s=2).deadline_s == 2  # JSON has no 2.0


def test_setting_up_arranges_the_world_and_says_what_to_call_and_before():
    world = a_world()
    trial = meet(world, "shut", np.random.default_rng(0), {})
    assert world.closed
    assert (trial.module, trial.name, dict(trial.inputs)) == ("scenarios", "visit", {"times": 2})
    assert (trial.deadline_s, trial.note) == (5.0, "bad luck")
    assert (trial.before.module, trial.before.name) == ("solution", "walk")


def test_a_trial_does_not_change_under_those_who_hold_it():
    trial = Trial.call("buy", 1)
    assert trial.noting("later").note == "later"
    assert trial.note == ""
    with pytest.raises(dataclasses.FrozenInstanceError):
        trial.name = "sell"


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("storm", {}, "no trouble 'storm'. Choose one of: none, shut"),
        ("none", {"m": 1}, "m cannot be varied in none. What can be: n, items"),
        ("shut", {"m": 1}, "What can be: nothing"),
        ("none", {"n": "many"}, "n of none has to be int, not 'many'"),
        ("none", {"n": True}, "n of none has to be int, not True"),
        ("none", {"items": "bread"}, "items of none has to be"),
        ("broken", {"n": 1}, "broken cannot be set up with this: IndexError"),
    ],
)
def test_what_the_user_got_wrong_is_said(name, given, words):
    with pytest.raises(UsageError) as refused:
        met(name, **given)
    assert words in str(refused.value)
    assert not isinstance(refused.value, ChallengeError)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("broken", "broken cannot be set up: IndexError"),
        ("lazy", "lazy returned NoneType; it has to return a Trial"),
    ],
)
def test_what_the_author_got_wrong_is_the_challenges_defect(name, words):
    with pytest.raises(ChallengeError) as refused:
        met(name)
    assert words in str(refused.value)
