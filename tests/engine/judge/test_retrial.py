"""A behaviour under which Ray failed is judged again, and nothing is gained by making Ray fail."""

import itertools

import pytest

from grader.judge.behaviour import Behaviour
from grader.judge.retrial import OTHER_INPUTS, SAME_INPUTS, Trials, Verdict
from grader.judge.verdict import Check

CHECK = "id.h:435: Check failed: a == b"
BEHAVIOUR = Behaviour(name="test_a", title="a", points=10, category="correctness", required=False)
CRASH = f"a check that failed inside Ray ended its driver process in the middle of a call: {CHECK}"


def a_verdict(outcome, earned=None, message=""):
    full = 10.0 if outcome == "pass" else 0.0
    earned = full if earned is None else earned
    return Verdict(Check(behaviour=BEHAVIOUR, outcome=outcome, earned=earned, message=message))


PASS, FAIL, PART = a_verdict("pass"), a_verdict("fail", message="wrong"), a_verdict("partial", 4.0, "slow")
DIED = a_verdict("crash", message=CRASH)


def judged(*ends, may_repeat=True):
    """Run trials that end like this; returns the check that counts and how each trial's inputs were drawn."""
    trials, draws = Trials(), []
    for verdict in ends:
        draws.append(trials.draw)
        failed_check = CHECK if verdict is DIED else ""
        counts = trials.settled(verdict, failed_check, may_repeat=may_repeat)
        assert trials.goes_on == (counts is None)
        if counts is not None:
            assert len(draws) == len(ends), "it was settled before"
            return counts.check, draws
    raise AssertionError("not settled")


@pytest.mark.parametrize("verdict", [PASS, FAIL, PART, a_verdict("crash", message="killed by signal 6")])
def test_without_a_failed_check_the_first_trial_counts_as_it_is(verdict):
    assert judged(verdict) == (verdict.check, [SAME_INPUTS])


@pytest.mark.parametrize("outcome", ["pass", "partial", "inconclusive", "error"])
def test_what_is_no_failure_is_not_repeated(outcome):
    trials, verdict = Trials(), a_verdict(outcome)
    assert trials.settled(verdict, CHECK, may_repeat=True) is verdict


def test_it_passes_with_the_same_inputs_and_then_with_others():
    check, draws = judged(DIED, PASS, PASS)
    assert (check.outcome, check.earned) == ("pass", 10.0)
    assert draws == [SAME_INPUTS, SAME_INPUTS, OTHER_INPUTS]
    assert CHECK in check.message
    assert check.message.startswith("Judged again")


@pytest.mark.parametrize(
    ("ends", "counts"),
    [
        ((FAIL,), FAIL),
        ((PASS, FAIL), FAIL),
        ((PASS, PART), PART),
        ((PART, PASS), PART),
        ((PASS, a_verdict("inconclusive")), a_verdict("inconclusive")),
    ],
)
def test_of_what_follows_the_worse_counts(ends, counts):
    check, _ = judged(DIED, *ends)
    assert (check.outcome, check.earned) == (counts.check.outcome, counts.check.earned)
    assert check.message.startswith(counts.check.message)
    assert CHECK in check.message


@pytest.mark.parametrize("between", [(), (PASS,)])
def test_a_second_such_end_is_a_crash(between):
    check, _ = judged(DIED, *between, DIED)
    assert (check.outcome, check.earned) == ("crash", 0.0)
    assert "so it counts" in check.message


def test_a_grading_makes_up_for_so_many_such_ends_and_no_more():
    check, _ = judged(DIED, may_repeat=False)
    assert (check.outcome, check.earned) == ("crash", 0.0)
    assert "has done so before" in check.message


@pytest.mark.parametrize("p", [0.1, 0.5, 2 / 3, 0.9])
def test_who_is_right_by_chance_and_ends_itself_otherwise_gains_little(p):
    """Every course of three trials, with its probability; what went wrong ends as if Ray had failed."""
    passes = 0.0
    for rights in itertools.product([True, False], repeat=3):
        weight = p ** sum(rights) * (1 - p) ** (3 - sum(rights))
        trials = Trials()
        for right in rights:
            verdict, failed_check = (PASS, "") if right else (DIED, CHECK)
            counts = trials.settled(verdict, failed_check, may_repeat=True)
            if counts is not None:
                passes += weight * (counts.check.outcome == "pass")
                break
    assert passes == pytest.approx(p + (1 - p) * p**2)
    assert passes - p < 0.15
