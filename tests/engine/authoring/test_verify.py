"""What the proof says of a wrong solution, from checks as a grading gives them."""

from types import SimpleNamespace

import pytest

from grader.authoring import verify
from grader.authoring.gallery import WrongSolution
from grader.authoring.verify import Proof
from tests.support.examples import a_challenge

SUITE = """
def test_order(learner):
    pass

def test_memory(learner):
    pass

def test_speed(race):
    pass
"""
MESSAGES = {"pass": "", "partial": "1.9 times the reference's time"}


@pytest.fixture
def judged(tmp_path, monkeypatch):
    """The claim about a wrong solution whose behaviours end like this."""
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "test_spec.py").write_text(SUITE)
    challenge = a_challenge(folder=tmp_path)

    def judge(outcomes, rejected_by, *, in_detail=False):
        checks = [
            SimpleNamespace(behaviour=SimpleNamespace(name=name), outcome=o, message=MESSAGES.get(o, "why"))
            for name, o in outcomes.items()
        ]
        record = SimpleNamespace(checks=checks, score=SimpleNamespace(earned=0), seed=1, seconds=1)
        monkeypatch.setattr(verify, "grade", lambda *_args, **_kwargs: record)
        proof = Proof(challenge, None, tmp_path, quick=False, in_detail=in_detail)
        return proof.wrong(WrongSolution(name="defect", source="", rejected_by=frozenset(rejected_by)))

    return judge


@pytest.mark.parametrize("outcome", ["fail", "partial", "timeout", "crash"])
def test_whatever_is_no_pass_rejects(judged, outcome):
    assert judged({"test_order": outcome, "test_memory": "pass"}, ["test_order"]).holds


@pytest.mark.parametrize(
    ("order", "memory", "said"),
    [
        ("pass", "pass", "accepted by test_order"),
        ("fail", "fail", "also rejected by test_memory fail: why"),
        ("fail", "partial", "also rejected by test_memory partial"),
        ("error", "pass", "our own bug in test_order error: why"),
        ("fail", "error", "our own bug in test_memory error: why"),
        ("inconclusive", "pass", "not judged by test_order inconclusive: why"),
    ],
)
def test_a_verdict_that_was_not_expected_is_told(judged, order, memory, said):
    claim = judged({"test_order": order, "test_memory": memory}, ["test_order"])
    assert not claim.holds
    assert said in claim.detail


def test_what_a_rejected_solution_was_told_is_shown_where_only_some_are_judged(judged):
    outcomes = {"test_order": "fail", "test_memory": "pass", "test_speed": "partial"}
    shown = judged(outcomes, ["test_order", "test_speed"], in_detail=True)
    assert shown.holds
    assert "rejected by test_order fail: why" in shown.detail
    assert "rejected by test_speed partial: 1.9 times" in shown.detail
    assert "rejected by" not in judged(outcomes, ["test_order", "test_speed"]).detail


def test_nothing_is_shown_twice(judged):
    claim = judged({"test_order": "error", "test_memory": "fail"}, ["test_order"], in_detail=True)
    assert claim.detail.count("test_order") == claim.detail.count("test_memory") == 1
