"""A solution that answers nothing does not keep the grader for as long as all deadlines together."""

import pytest

from grader.judge import budget as budget_module
from grader.judge.behaviour import Behaviour
from grader.judge.budget import LOST_AT_LEAST_S, LOST_PER_BEHAVIOUR_S, Budget
from grader.judge.verdict import Check
from grader.side.observation import NotInTime


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    monkeypatch.setattr(budget_module, "stretched", lambda seconds: seconds)


def ended(outcome, seconds):
    behaviour = Behaviour(
        name="test_it", title="It.", points=10, category="correctness", required=False, stage=0
    )
    return Check(behaviour=behaviour, outcome=outcome, earned=0.0, seconds=seconds)


def begun(budget, outcome, seconds):
    """How many of the behaviours are begun if all end like this."""
    for n in range(budget.n_behaviours):
        try:
            budget.check()
        except NotInTime:
            return n
        budget.note(ended(outcome, seconds))
    return budget.n_behaviours


@pytest.mark.parametrize("outcome", ["timeout", "crash", "fail"])
def test_what_earns_nothing_is_not_begun_without_end(outcome):
    n = begun(Budget(n_behaviours=15), outcome, 20.0)
    assert LOST_PER_BEHAVIOUR_S * 15 < n * 20.0 <= LOST_PER_BEHAVIOUR_S * 15 + 20.0


@pytest.mark.parametrize("outcome", ["pass", "partial", "inconclusive", "error"])
def test_what_passes_slowly_is_judged_to_the_end(outcome):
    assert begun(Budget(n_behaviours=15), outcome, 60.0) == 15


def test_a_few_behaviours_get_their_deadlines():
    assert begun(Budget(n_behaviours=2), "timeout", LOST_AT_LEAST_S - 1) == 2


def test_a_crowded_machine_gives_more_time(monkeypatch):
    alone = begun(Budget(n_behaviours=15), "timeout", 20.0)
    monkeypatch.setattr(budget_module, "stretched", lambda seconds: 2 * seconds)
    assert begun(Budget(n_behaviours=15), "timeout", 20.0) > alone


def test_what_is_not_begun_says_so_and_earns_nothing():
    budget = Budget(n_behaviours=1)
    budget.note(ended("timeout", 61.0))
    with pytest.raises(NotInTime, match=r"Not judged in time: .* have taken 61 s .* after 60 s") as seen:
        budget.check()
    assert seen.value.outcome == "timeout"
