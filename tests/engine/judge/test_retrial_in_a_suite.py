"""How a suite's tests run when Ray fails under them, with a side that only says so."""

import time
from types import SimpleNamespace

import pytest

from grader.catalogue.submission import Submission
from grader.errors import ClusterError, GraderError, Superseded
from grader.judge.ending import experiment_says, unexplained
from grader.judge.engine import grade
from grader.judge.events import Ended, Started
from grader.judge.race import ReferenceFailed
from grader.side.observation import (
    ClusterStalled,
    ReferenceDisturbed,
    SolutionCrashed,
    SolutionRaised,
    Void,
)
from tests.support.examples import a_challenge

CHECK = "id.h:435: Check failed: a == b"
SUITE = """
from grader.suite import behaviour

@behaviour(points=60, category="correctness")
def test_a(learner, rng, observe):
    \"\"\"A.\"\"\"
    observe(learner.run("a", int(rng.integers(2**40))), unit="times")

@behaviour(points=30, category="correctness")
def test_b(learner, rng):
    \"\"\"B.\"\"\"
    learner.run("b", int(rng.integers(2**40)))

@behaviour(points=10, category="correctness")
def test_c(learner):
    \"\"\"C.\"\"\"
    learner.run("c", 0)
"""


class WorkerDiedError(Exception):
    """What comes out of a solution whose worker a check inside Ray has ended."""


class Stage:
    """Arena, side and learner in one.

    Args:
        ends: For each behaviour, how its trials end: an exception, None, or "expected" (a death).
    """

    def __init__(self, ends):
        self.ends = {name: iter(found) for name, found in ends.items()}
        self.drawn = {name: [] for name in ends}
        self.is_started, self.has_world, self.failed_check = True, False, ""
        self.n_recovered = 0
        self.rig = SimpleNamespace(
            printed_mark=dict, printed=lambda _mark: "", workers_failed_check=self.of_workers
        )
        self.recovered_s, self.worker_died = 0.0, False
        self.learner_side = self

    def seat(self, _submission):
        pass

    def recover(self):
        self.n_recovered += 1
        self.recovered_s, self.worker_died = time.time(), False

    def of_workers(self, since_s):
        """What was found; as a warden does, nothing if a driver has been ended since then."""
        return CHECK if self.worker_died and since_s >= self.recovered_s else ""

    def learner(self, _rng):
        return self

    def run(self, name, drawn):
        self.drawn[name].append(drawn)
        end = next(self.ends[name])
        if end == "expected" or isinstance(end, SolutionCrashed):
            self.failed_check = CHECK
        if isinstance(end, WorkerDiedError):
            self.worker_died = True
            raise SolutionRaised("WorkerCrashedError", "")
        if isinstance(end, Exception):
            raise end
        return len(self.drawn[name])


@pytest.fixture
def graded(tmp_path):
    """Grade with trials that end like this; gives the checks by name, the stage, and what was told."""

    def run(**ends):
        ends = {"c": [None]} | ends
        (tmp_path / "hidden").mkdir()
        (tmp_path / "hidden" / "test_spec.py").write_text(SUITE)
        submission = Submission(path=tmp_path / "s.py", kind="file", source=b"", sha256="", problem="")
        stage, told = Stage(ends), []
        record = grade(a_challenge(folder=tmp_path), submission, arena=stage, seed=1, listen=told.append)
        return {check.behaviour.name[-1]: check for check in record.checks}, stage, told

    return run


def died():
    return SolutionCrashed(f"a check that failed inside Ray ended its driver: {CHECK}")


def test_without_a_failure_each_test_runs_once(graded):
    checks, stage, _ = graded(a=[None], b=[AssertionError("wrong")])
    assert [checks[name].outcome for name in "ab"] == ["pass", "fail"]
    assert stage.n_recovered == 0


def test_the_same_inputs_come_first_then_others_each_on_a_new_driver(graded):
    checks, stage, _ = graded(a=[died(), None, None], b=[None])
    first, second, third = stage.drawn["a"]
    assert first == second != third
    assert stage.n_recovered == 2
    assert (checks["a"].outcome, checks["a"].earned, checks["a"].observed) == ("pass", 60.0, 3)
    assert CHECK in checks["a"].message
    assert checks["b"].message == ""


def test_whoever_listens_is_told_once(graded):
    _, _, told = graded(a=[died(), None, None], b=[None])
    assert [event.behaviour.name for event in told if isinstance(event, Started)] == [
        "test_a",
        "test_b",
        "test_c",
    ]
    assert [event.check.earned for event in told if isinstance(event, Ended)] == [60.0, 30.0, 10.0]


def test_the_third_behaviour_under_which_ray_fails_is_not_judged_again(graded):
    checks, stage, _ = graded(a=[died(), None, None], b=[died(), AssertionError("wrong")], c=[died()])
    assert [checks[name].outcome for name in "abc"] == ["pass", "fail", "crash"]
    assert [len(stage.drawn[name]) for name in "abc"] == [3, 2, 1]


def test_a_worker_that_dies_twice_of_it_fails(graded):
    checks, stage, _ = graded(a=[WorkerDiedError(), WorkerDiedError()], b=[None])
    assert (checks["a"].outcome, len(stage.drawn["a"])) == ("fail", 2)
    assert "so it counts" in checks["a"].message


def test_a_failure_that_a_test_expected_is_none_of_the_next_tests(graded):
    checks, stage, _ = graded(a=["expected"], b=[AssertionError("wrong")])
    assert [checks[name].outcome for name in "ab"] == ["pass", "fail"]
    assert len(stage.drawn["b"]) == 1


@pytest.mark.parametrize("error", [ClusterError("no cluster"), Superseded("another version")])
def test_what_ends_the_grading_in_a_retrial_ends_it(graded, error):
    with pytest.raises(type(error), match=str(error)):
        graded(a=[died(), error], b=[None])


@pytest.fixture
def crowded(monkeypatch):
    """Says whether others crowd the machine."""
    return lambda answer: monkeypatch.setattr("grader.system.machine.is_crowded", lambda: answer)


@pytest.mark.parametrize(
    ("kind", "outcome"), [(ClusterStalled, "timeout"), (ReferenceDisturbed, "fail")], ids=str
)
def test_what_a_solution_can_bring_about_is_judged_again_and_then_counts(graded, crowded, kind, outcome):
    crowded(False)
    checks, stage, _ = graded(a=[kind("Once."), kind("Twice.")], b=[kind("Once."), None, None])
    assert (checks["a"].outcome, checks["a"].earned) == (outcome, 0.0)
    assert checks["a"].message.startswith("Twice.\nThis happened twice in a row")
    assert (checks["b"].outcome, checks["b"].earned) == ("pass", 30.0)
    assert f"at first, {kind.what}" in checks["b"].message
    assert stage.n_recovered == 3


@pytest.mark.parametrize("kind", [ClusterStalled, ReferenceDisturbed])
def test_only_where_others_crowd_the_machine_it_is_left_open(graded, crowded, kind):
    crowded(True)
    checks, stage, _ = graded(a=[kind("It waited.")], b=[None])
    assert (checks["a"].outcome, stage.n_recovered) == ("inconclusive", 0)
    assert checks["a"].message == ("Not judged: It waited.\nClose whatever else is running and grade again.")


@pytest.mark.parametrize(
    ("error", "is_provoked", "outcome", "says"),
    [
        (Void("nobody was killed"), True, "fail", "nobody was killed. With the reference it happens."),
        (Void("nobody was killed"), False, "error", "Not judged: "),
        (ReferenceFailed("it was wrong"), True, "fail", "it was wrong"),
        (ReferenceFailed("it was wrong"), False, "error", "Our bug, not yours: it was wrong"),
        (KeyError("x"), True, "fail", "KeyError"),
        (KeyError("x"), False, "error", "Our bug, not yours: KeyError"),
    ],
)
def test_an_end_that_is_no_verdict_counts_if_the_reference_does_not_provoke_it(
    error, is_provoked, outcome, says
):
    found, message = experiment_says(error, unexplained(error), is_provoked=is_provoked)
    assert found == outcome
    assert says in message


@pytest.mark.parametrize(
    "error", [None, AssertionError("wrong"), died(), ClusterStalled("x"), GraderError("x")]
)
def test_a_verdict_needs_no_experiment(error):
    assert unexplained(error) == ""
