"""The table: a row for each grading, and a column for each behaviour."""

import csv
import io

from grader.batch.journal import Line
from grader.batch.rows import row_of, to_csv
from tests.support.batches import a_job, graded


def a_row(who="ann", *, stands=None, ratio=None, state="clear", **changes):
    done = graded(a_job(who), **changes)
    if stands is not None:
        done.document["stages"] = [{"number": n, "stands": each} for n, each in enumerate(stands, 1)]
    if ratio is not None:
        done.document["benchmark"] = [{"name": "total", "ratio": ratio, "state": state}]
    return row_of(Line.of(done, tries=1))


def table(*rows):
    return list(csv.DictReader(io.StringIO(to_csv(rows))))


def test_a_row_says_all_of_a_grading():
    (seen,) = table(a_row(score=60, stands=[True, False, True], ratio=1.5))
    assert seen["who"] == "ann"
    assert float(seen["score"]) == 60
    assert float(seen["judged_points"]) == 100
    assert (seen["passed"], seen["stage"], seen["outcome"]) == ("no", "1", "failed")
    assert (seen["ratio"], seen["ratio_judged"]) == ("1.5", "yes")
    assert (seen["seed"], seen["node"], seen["file"]) == ("7", "here", "ann/toy.py")
    assert len(seen["sha256"]) == 64
    assert seen["toy.test_a"] == "fail"


def test_what_was_not_judged_is_told_apart_from_nothing_earned():
    none, part = table(
        a_row(problem="No room."), a_row(score=0, outcome="inconclusive", ratio=9.0, state="disturbed")
    )
    assert (none["score"], none["outcome"], none["problem"], none["toy.test_a"]) == (
        "",
        "not graded",
        "No room.",
        "",
    )
    assert (part["judged_points"], part["ratio_judged"], part["toy.test_a"]) == ("0.0", "no", "inconclusive")


def test_no_cell_is_a_formula():
    seen = table(a_row("=HYPERLINK(1)"), a_row("-1+1"), a_row('Ann, the "first"\nof two'))
    assert [row["who"] for row in seen] == ["'=HYPERLINK(1)", "'-1+1", 'Ann, the "first"\nof two']
