"""Which stages stand, from records; old records say nothing of stages."""

import pytest

from grader.catalogue.stages import Stage
from grader.report.headway import headway_of
from tests.support.examples import a_document

STAGES = tuple(Stage(number=n, title=f"T{n}", minutes=10 * n) for n in (1, 2, 3))


def a_record(*stood, outcome="failed"):
    stages = [
        {"number": n, "title": "", "minutes": 5, "points": 1, "earned": 1, "stands": each}
        for n, each in enumerate(stood, 1)
    ]
    return a_document(outcome=outcome) | {"stages": stages}


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
