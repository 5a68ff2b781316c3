"""From checks to a score: what is missing never passes, what is open decides nothing."""

import itertools

import numpy as np
import pytest

from grader.judge.behaviour import Behaviour
from grader.judge.speed import Speed, fraction_of_points
from grader.judge.verdict import Check, Reports, Score, speed_check, subtotal, total
from tests.support.seeds import seeded

SEED = 20
PASS_MARK = 80
NOT_JUDGED = ("inconclusive", "error")


def a_behaviour(name="test_a", points=10, *, required=False):
    return Behaviour(name=name, title=name, points=points, category="correctness", required=required)


def a_check(outcome, points=10, *, name="test_a", required=False, earned=None):
    full = float(points) if outcome == "pass" else 0.0
    return Check(
        behaviour=a_behaviour(name, points, required=required),
        outcome=outcome,
        earned=full if earned is None else earned,
    )


# -- reports -------------------------------------------------------------------------------------


def reported(expected, checks):
    reports = Reports(expected=expected)
    for check in checks:
        reports.add(check)
    return reports.checks()


def test_reports_come_in_the_order_of_the_suite():
    a, b = a_check("pass", name="test_a"), a_check("fail", name="test_b")
    assert reported([a.behaviour, b.behaviour], [b, a]) == [a, b]


@pytest.mark.parametrize("times", [0, 2, 3])
def test_a_behaviour_not_reported_exactly_once_has_not_passed(times):
    passed = a_check("pass", 100)
    (check,) = reported([passed.behaviour], [passed] * times)
    assert (check.outcome, check.earned) == ("error", 0.0)
    assert "report" in check.message
    assert not total([check], PASS_MARK).passed


def test_a_second_report_cannot_mend_the_first():
    behaviour = a_behaviour()
    fail, mended = (a_check(outcome) for outcome in ("fail", "pass"))
    (check,) = reported([behaviour], [fail, mended])
    assert (check.outcome, check.earned) == ("error", 0.0)


def test_a_report_that_nobody_expects_earns_nothing():
    stranger = a_check("pass", 100, name="test_stranger")
    checks = reported([a_behaviour("test_a", 100)], [stranger])
    assert [c.behaviour.name for c in checks] == ["test_a"]
    assert total(checks, PASS_MARK).earned == 0


def test_a_suite_without_behaviours_is_not_passed():
    assert not total([], PASS_MARK).passed


# -- total ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["fail", "timeout", "crash", "partial"])
def test_a_required_behaviour_that_did_not_pass_fails_the_challenge(outcome):
    checks = [a_check("pass", 90), a_check(outcome, 10, required=True, earned=0.0)]
    score = total(checks, PASS_MARK)
    assert (score.earned, score.outcome) == (90, "failed")


@pytest.mark.parametrize("outcome", ["fail", "timeout", "crash", "partial"])
def test_a_behaviour_that_is_not_required_may_be_lost(outcome):
    score = total([a_check("pass", 80), a_check(outcome, 20, earned=0.0)], PASS_MARK)
    assert (score.judged, score.passed) == (100, True)


@pytest.mark.parametrize("outcome", NOT_JUDGED)
def test_points_that_were_not_judged_leave_the_total(outcome):
    score = total([a_check("pass", 70), a_check(outcome, 30)], PASS_MARK)
    assert (score.earned, score.judged) == (70, 70)
    assert score.outcome == outcome
    assert not score.passed


@pytest.mark.parametrize("outcome", NOT_JUDGED)
def test_an_open_required_behaviour_keeps_the_outcome_open(outcome):
    score = total([a_check("pass", 95), a_check(outcome, 5, required=True)], PASS_MARK)
    assert score.outcome == outcome


def test_partial_points_count():
    checks = [a_check("pass", 60), a_check("partial", 40, earned=20.4)]
    score = total(checks, PASS_MARK)
    assert (score.earned, score.passed) == (80.4, True)
    assert not total(checks, 81).passed


def settled(checks, passes):
    """What the run would be if each open check, in turn, passed or failed."""
    passes = iter(passes)
    closed = [
        a_check("pass" if next(passes) else "fail", c.behaviour.points, required=c.behaviour.required)
        if c.outcome in NOT_JUDGED
        else c
        for c in checks
    ]
    missed = any(c.behaviour.required and c.outcome != "pass" for c in closed)
    return sum(c.earned for c in closed) >= PASS_MARK and not missed


def test_a_run_passes_or_fails_only_if_no_open_check_could_change_that():
    rng = seeded(SEED)
    seen = set()
    for _ in range(500):
        points = rng.multinomial(100, rng.dirichlet(np.ones(6)))
        outcomes = rng.choice(
            ["pass", "fail", "timeout", "crash", *NOT_JUDGED],
            6,
            p=[0.7, 0.06, 0.02, 0.02, 0.1, 0.1],
        )
        checks = [
            a_check(str(outcome), int(worth), required=bool(rng.random() < 0.15))
            for outcome, worth in zip(outcomes, points, strict=True)
        ]
        n_open = sum(c.outcome in NOT_JUDGED for c in checks)
        ends = {settled(checks, p) for p in itertools.product((False, True), repeat=n_open)}
        outcome = total(checks, PASS_MARK).outcome
        if ends == {True}:
            assert outcome == "passed", checks
        elif ends == {False}:
            assert outcome == "failed", checks
        else:
            ours = any(c.outcome == "error" for c in checks)
            assert outcome == ("error" if ours else "inconclusive"), checks
        seen.add(outcome)
    assert seen == {"passed", "failed", "inconclusive", "error"}


# -- speed_check ---------------------------------------------------------------------------------


def a_speed(ratio, state="clear"):
    return Speed(
        ratio=ratio,
        interval=(ratio * 0.98, ratio * 1.02),
        band=(0.99, 1.01),
        fraction=fraction_of_points(ratio, 8.0),
        state=state,
        gate=2.8,
    )


@pytest.mark.parametrize(
    ("ratio", "outcome"), [(0.5, "pass"), (1.25, "pass"), (3.0, "partial"), (8.0, "fail")]
)
def test_a_clear_race_earns_its_fraction(ratio, outcome):
    speed = a_speed(ratio)
    check = speed_check(a_check("pass", 30), speed)
    assert check.outcome == outcome
    assert check.earned == pytest.approx(30 * speed.fraction, abs=0.05)
    assert (check.observed, check.limit) == (ratio, 1.25)
    assert bool(check.message) == (outcome != "pass")


@pytest.mark.parametrize("ratio", [0.9, 3.0, 50.0])
@pytest.mark.parametrize("state", ["unclear", "crowded"])
def test_a_race_that_cannot_tell_is_inconclusive(ratio, state):
    check = speed_check(a_check("pass", 30), a_speed(ratio, state))
    assert (check.outcome, check.earned) == ("inconclusive", 0.0)
    assert check.message.startswith("Not judged")
    assert total([a_check("pass", 70), check], PASS_MARK).judged == 70


@pytest.mark.parametrize("ratio", [0.9, 3.0, 50.0])
def test_a_race_whose_reference_only_this_grading_can_have_slowed_is_lost(ratio):
    check = speed_check(a_check("pass", 30), a_speed(ratio, "disturbed"))
    assert (check.outcome, check.earned) == ("fail", 0.0)
    assert "slower next to it than alone" in check.message


def test_a_subtotal_counts_what_was_judged_and_passes_nothing():
    checks = [a_check("pass", 90), a_check("inconclusive", 5, earned=0.0), a_check("error", 5, earned=0.0)]
    assert subtotal(checks) == Score(earned=90, judged=90, outcome="interrupted")
    assert not subtotal(checks).passed


def test_only_behaviours_that_ended_are_part_of_a_run_so_far():
    first, second = a_check("pass", name="test_a"), a_check("pass", name="test_b")
    reports = Reports(expected=[first.behaviour, second.behaviour])
    assert reports.so_far() == []
    reports.add(second)
    assert reports.so_far() == [second]
