"""Stages in a grading: which are judged, in which order, where it ends, and what stands then.

No cluster is started: the suites here look at nothing, and the arena only says that nothing runs.
"""

from types import SimpleNamespace

import pytest

from grader.catalogue.stages import Stage
from grader.catalogue.submission import Submission
from grader.errors import ChallengeError
from grader.judge import engine
from grader.judge.behaviour import Behaviour
from grader.judge.course import Course, beginning_with, up_to
from grader.judge.events import Advanced, Collected, Entered
from grader.judge.stage_result import stage_results
from grader.judge.verdict import Check, Reports, stands, total_of_stages
from tests.support.examples import a_challenge

STAGES = tuple(Stage(number=n, title=f"T{n}", minutes=20) for n in (1, 2, 3))
MARK = '@behaviour(points={points}, category="correctness", required={required}{stage})'
# The points and the stage of each behaviour; the suite's own order is not that of the stages.
SUITE = {"c": (40, 3), "a": (20, 1), "b": (30, 2), "d": (10, 1)}


class Arena:
    """Nothing runs in it; it counts what was asked of it."""

    learner_side = SimpleNamespace(is_started=False, has_world=False)

    def __init__(self):
        self.n_references = 0

    def seat(self, submission):
        pass

    def start_reference(self):
        self.n_references += 1


@pytest.fixture
def graded(tmp_path, monkeypatch):
    """The record of a grading, and what was told meanwhile."""
    monkeypatch.setattr(engine, "check_shared_memory", lambda _challenge: None)
    (tmp_path / "hidden").mkdir()

    def grade(course=None, *, failing=(), racing=(), first=(), only=None, suite=SUITE, stages=STAGES, **how):
        lines = ["import pytest", "from grader.suite import behaviour"]
        lines += ["@pytest.fixture", "def race():", "    pass"] if racing else []
        for name, (points, stage) in suite.items():
            shown = f", stage={stage}" if stage else ""
            lines += [MARK.format(points=points, required=name != "d", stage=shown)]
            lines += [f"def test_{name}({'race' if name in racing else ''}):", f'    """{name}"""']
            lines += [f"    assert {name not in failing}, 'why'"]
        (tmp_path / "hidden" / "test_spec.py").write_text("\n".join(lines))
        challenge = a_challenge(folder=tmp_path, stages=stages)
        submission = Submission(path=tmp_path, kind="file", source=b"", sha256="", problem="")
        arena, told = Arena(), []
        record = engine.grade(
            challenge,
            submission,
            arena=arena,
            course=course,
            first=first,
            only=only,
            listen=told.append,
            **how,
        )
        order = [event.check.behaviour.name[-1] for event in told if hasattr(event, "check")]
        return SimpleNamespace(record=record, told=told, order="".join(order), arena=arena)

    return grade


def test_a_shuffled_grading_judges_all_in_an_order_that_its_seed_decides(graded):
    orders = [graded(is_shuffled=True, seed=seed) for seed in (1, 2, 3, 4, 5, 1)]
    assert orders[0].order == orders[-1].order
    assert len({found.order for found in orders}) > 1
    assert all(sorted(found.order) == list("abcd") for found in orders)
    assert all(found.record.score.earned == 100 for found in orders)


def standing(record):
    return [result.stands for result in record.stages]


# -- courses -------------------------------------------------------------------------------------


def test_a_whole_run_judges_stage_by_stage_and_counts_as_ever(graded):
    seen = graded()
    assert seen.order == "adbc"
    assert [event.stage for event in seen.told if isinstance(event, Entered)] == [1, 2, 3]
    assert (seen.record.outcome, seen.record.score.earned) == ("passed", 100)
    assert standing(seen.record) == [True, True, True]


def test_a_run_up_to_a_stage_judges_no_later_one_and_cannot_pass(graded):
    seen = graded(up_to(2))
    assert seen.order == "adb"
    assert (seen.record.outcome, seen.record.score.judged) == ("reached", 60)
    assert not seen.record.score.passed
    assert standing(seen.record) == [True, True, None]
    assert graded(up_to(2), failing="a").record.outcome == "failed"


def test_a_run_up_to_the_last_stage_is_a_whole_run(graded):
    assert graded(up_to(3)).record.outcome == "passed"


def test_the_stage_at_hand_comes_first_then_those_before_it_then_the_next(graded):
    seen = graded(beginning_with(2, 3))
    assert seen.order == "badc"
    (advanced,) = [event for event in seen.told if isinstance(event, Advanced)]
    assert (advanced.stage, [b.name for b in advanced.behaviours]) == (3, ["test_c"])
    (collected,) = [event for event in seen.told if isinstance(event, Collected)]
    assert len(collected.behaviours) == 3
    assert seen.record.outcome == "passed"


@pytest.mark.parametrize(("failing", "stood"), [("b", [True, False, None]), ("a", [False, True, None])])
def test_it_does_not_go_on_while_something_does_not_stand(graded, failing, stood):
    seen = graded(beginning_with(2, 3), failing=failing)
    assert seen.order == "bad"
    assert seen.record.outcome == "failed"
    assert standing(seen.record) == stood
    assert not any(isinstance(event, Advanced) for event in seen.told)


def test_it_goes_on_one_stage_at_a_time(graded):
    assert graded(beginning_with(1, 3), failing="b").order == "adb"
    assert graded(beginning_with(1, 3)).order == "adbc"


def test_a_behaviour_that_was_not_reported_does_not_stand(graded, monkeypatch):
    add = Reports.add
    monkeypatch.setattr(
        Reports, "add", lambda self, check: check.behaviour.name == "test_a" or add(self, check)
    )
    seen = graded(beginning_with(1, 3))
    assert "b" not in seen.order
    assert standing(seen.record) == [False, None, None]
    assert seen.record.outcome == "error"


def test_what_failed_last_is_judged_first_in_its_stage(graded):
    assert graded(first=["test_d", "test_c"]).order == "dabc"


def test_the_references_side_is_started_only_for_a_race_that_is_reached(graded):
    assert graded(racing="c").arena.n_references == 1
    assert graded(up_to(2), racing="c").arena.n_references == 0
    assert graded(beginning_with(1, 3), racing="c", failing="b").arena.n_references == 0
    assert graded(beginning_with(1, 3), racing="c").arena.n_references == 1


def test_without_stages_everything_is_as_it_was(graded):
    suite = {name: (points, 0) for name, (points, _) in SUITE.items()}
    seen = graded(suite=suite, stages=())
    assert seen.order == "cabd"
    assert not any(isinstance(event, Entered) for event in seen.told)
    document = seen.record.to_json()
    assert "stages" not in document
    assert "stage" not in document["checks"][0]


@pytest.mark.parametrize(
    ("stages", "stage", "words"),
    [((), 1, "no \\[\\[stage\\]\\]"), (STAGES, 0, "stage=1 to stage=3"), (STAGES, 4, "test_d has stage 4")],
)
def test_a_behaviour_that_belongs_to_no_stage_is_the_challenges_defect(graded, stages, stage, words):
    in_stage = stage if not stages else 1
    suite = {name: (points, in_stage) for name, (points, _) in SUITE.items()} | {"d": (10, stage)}
    with pytest.raises(ChallengeError, match=words):
        graded(suite=suite, stages=stages)


def test_the_document_says_how_each_stage_did(graded):
    document = graded(beginning_with(1, 3), failing="b").record.to_json()
    assert document["stages"][1] == {
        "number": 2, "title": "T2", "minutes": 20, "points": 30, "earned": 0.0, "stands": False,
    }  # fmt: skip
    assert [stage["stands"] for stage in document["stages"]] == [True, False, None]
    assert {check["name"]: check["stage"] for check in document["checks"]} == {
        "test_a": 1, "test_d": 1, "test_b": 2,
    }  # fmt: skip


# -- what stands ---------------------------------------------------------------------------------


def a_check(outcome, *, required=False, stage=1, name="test_a"):
    described = Behaviour(
        name=name, title=name, points=10, category="performance", required=required, stage=stage
    )
    return Check(behaviour=described, outcome=outcome, earned=10.0 if outcome == "pass" else 0.0)


@pytest.mark.parametrize(
    ("outcome", "required", "expected"),
    [
        ("pass", True, True),
        ("partial", False, True),
        ("inconclusive", False, True),
        ("partial", True, False),
        ("inconclusive", True, False),
        *((outcome, False, False) for outcome in ("fail", "timeout", "crash", "error")),
    ],
)
def test_a_stage_stands_without_full_marks_for_speed_but_with_all_else(outcome, required, expected):
    assert stands([a_check("pass"), a_check(outcome, required=required)]) == expected


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (["pass", "pass"], "reached"),
        (["pass", "fail"], "failed"),
        (["error", "fail"], "failed"),
        (["pass", "error"], "error"),
        (["pass", "inconclusive"], "inconclusive"),
    ],
)
def test_the_outcome_of_a_run_for_some_stages(outcomes, expected):
    assert total_of_stages([a_check(each, required=True) for each in outcomes]).outcome == expected


def test_a_stage_that_was_judged_in_part_has_fallen_or_is_open():
    suite = [a_check("pass", name=name).behaviour for name in ("test_a", "test_b")]
    for outcome, stood in (("pass", None), ("fail", False)):
        (result,) = stage_results(STAGES[:1], suite, [a_check(outcome)])
        assert (result.stands, result.points) == (stood, 20)


def test_a_course_knows_what_it_covers():
    course = Course((2, 1), (3,))
    third = a_check("pass", stage=3)
    assert course.covers(third.behaviour)
    assert not course.asks_for(third.behaviour)
    assert not course.goes_on_to(third.behaviour, [a_check("fail")])
