"""Which stages stand, from records; old records say nothing of stages."""

import pytest

from grader.catalogue.stages import Stage
from grader.report.headway import dots_of, headway_of, stood
from tests.support.examples import a_document

STAGES = tuple(Stage(number=n, title=f"T{n}", minutes=10 * n) for n in (1, 2, 3))


def a_record(*stands, outcome="failed"):
    return a_document(outcome=outcome, stood=stands)


@pytest.mark.parametrize(
    ("documents", "dots", "at_hand"),
    [
        ([], "○○○", 1),
        ([a_record(True, False, None)], "●○○", 2),
        ([a_record(None, True, None), a_record(True, False, None)], "●●○", 3),
        ([a_record(False, True, None), a_record(True, True, True)], "○●●", 1),
        ([a_record(True, True, True)], "●●●", None),
        ([a_document()], "○○○", 1),
        ([a_document(outcome="passed")], "●●●", None),
        ([a_record(True)], "●○○", 2),
    ],
)
def test_the_latest_record_that_judged_a_stage_decides(documents, dots, at_hand):
    found = headway_of(STAGES, *documents)
    assert found.dots == dots
    assert (found.next_stage and found.next_stage.number) == at_hand


def test_what_is_next_is_named_with_its_minutes():
    assert headway_of(STAGES, a_record(True, None, None)).sentence == (
        "Stages ●○○ · next: stage 2, T2 (20 min)"
    )
    assert headway_of(STAGES, a_record(True, True, True)).sentence == "Stages ●●● · all stages stand"


def test_each_stage_has_a_line_with_its_minutes_and_the_next_one_is_marked():
    assert list(headway_of(STAGES, a_record(True, None, None)).lines()) == [
        "  ● 1. T1 · 10 min", "  ○ 2. T2 · 20 min   next", "  ○ 3. T3 · 30 min",
    ]  # fmt: skip


def test_one_grading_shows_what_it_did_not_judge():
    assert dots_of(a_record(True, False, None)) == "●○·"
    assert dots_of(a_document()) == ""
    assert [stood(a_record(True, False, None), number) for number in (1, 2, 3)] == [True, False, None]
