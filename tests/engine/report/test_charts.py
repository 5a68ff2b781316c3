"""The pictures' geometry, checked as plain values."""

import pytest

from grader.explain.trace import Wait
from grader.report.attempts import read_attempts
from grader.report.charts import LABEL, ROW, WIDTH, attempts_chart, rounds_chart, store_curve, timeline
from tests.engine.report.test_attempts import keep
from tests.support.examples import a_span, a_trace

RIGHT = WIDTH - 10


def words(chart, kind):
    return [each.text for each in chart.words if each.kind == kind]


def test_a_timeline_has_a_row_for_each_worker_and_one_for_the_drivers_waits():
    waits = [Wait(call="ray.get", start_s=0.0, end_s=1.0)]
    spans = [a_span(0.0, 0.5, pid=7), a_span(0.5, 1.0, pid=8, submitted_s=0.25)]
    chart = timeline("yours", a_trace(spans, waits=waits), scale_s=2.0)
    assert words(chart, "label") == ["worker 1", "worker 2", "driver waits"]
    assert words(chart, "tick") == ["0.00 s", "0.50 s", "1.00 s", "1.50 s", "2.00 s"]
    first, second, wait = chart.bars
    assert [bar.kind for bar in chart.bars] == ["task", "task", "wait"]
    assert [bar.y for bar in chart.bars] == [2, ROW + 2, 2 * ROW + 2]
    quarter = (RIGHT - LABEL) / 4
    assert (first.x, first.width) == (LABEL, quarter)
    assert (second.x, second.width) == (LABEL + quarter, quarter)
    assert (wait.x, wait.width) == (LABEL, 2 * quarter)
    assert second.tip == "score, 500.0 ms, queued 250.0 ms"
    assert wait.tip == "ray.get, 1000.0 ms"


def test_constructors_calls_and_tasks_are_told_apart():
    kinds = ["task", "actor call", "actor start"]
    spans = [a_span(n / 4, (n + 1) / 4, kind=kind) for n, kind in enumerate(kinds)]
    assert [bar.kind for bar in timeline("yours", a_trace(spans), 1.0).bars] == ["task", "call", "start"]


def test_what_never_ran_is_not_drawn_and_what_had_not_ended_reaches_to_the_end():
    spans = [a_span(None, None, pid=0), a_span(0.5, None, pid=1)]
    (bar,) = timeline("yours", a_trace(spans), scale_s=1.0).bars
    assert bar.x + bar.width == pytest.approx(RIGHT)


@pytest.mark.parametrize(("start_s", "end_s"), [(-5.0, 0.5), (0.5, 50.0), (0.5, 0.5), (-2.0, -1.0)])
def test_a_bar_stays_on_the_axis_and_can_be_seen(start_s, end_s):
    (bar,) = timeline("yours", a_trace([a_span(start_s, end_s)]), scale_s=1.0).bars
    assert bar.x >= LABEL
    assert bar.width >= 0.8
    assert bar.x + bar.width <= RIGHT + 0.8


def test_the_store_has_a_line_for_each_side_that_was_sampled():
    half = a_trace(store=((0.0, 0), (1.0, 8_000_000)))
    chart = store_curve({"yours": a_trace(seconds=2.0), "reference": half, "nobody": a_trace(store=())})
    assert [line.kind for line in chart.lines] == ["line side0", "line side1"]
    assert words(chart, "label") == ["16 MB", "0"]
    (left, floor), (middle, ceiling), _ = chart.lines[0].points
    _, (x, y) = chart.lines[1].points
    assert (left, x) == (LABEL, (LABEL + RIGHT) / 2)
    assert left < middle < x
    assert 0 < ceiling < floor < chart.height
    assert y == pytest.approx((ceiling + floor) / 2)


@pytest.mark.parametrize("traces", [{}, {"yours": a_trace(seconds=0.0, store=())}])
def test_a_store_of_which_nothing_is_known_is_an_empty_picture(traces):
    assert store_curve(traces).lines == ()


def test_rounds_are_pairs_of_bars_in_proportion():
    chart = rounds_chart([2.0, 1.0], [1.0, 0.5], 2.0)
    assert [bar.kind for bar in chart.bars] == ["side0", "side1"] * 2
    widths = [bar.width for bar in chart.bars]
    assert widths == pytest.approx([widths[0], widths[0] / 2, widths[0] / 2, widths[0] / 4])
    tops = [bar.y for bar in chart.bars]
    assert tops == sorted(tops)
    assert chart.bars[-1].y + chart.bars[-1].height <= chart.height
    assert words(chart, "tick") == ["2.000 s", "1.000 s", "1.000 s", "0.500 s"]


def test_attempts_rise_with_their_score_and_the_mark_lies_where_a_score_of_it_would(tmp_path):
    for n, score in enumerate([0, 80, 100]):
        keep(tmp_path, f"{n}.json", score=score, when=f"2026-01-0{n + 1}T00:00:00Z")
    chart = attempts_chart(read_attempts(folder=tmp_path)[0], pass_mark=80)
    worst, marked, best = chart.dots
    assert worst.x < marked.x < best.x == WIDTH - 20
    assert chart.height > worst.y > marked.y > best.y > 0
    assert best.tip == "2026-01-03T00:00:00Z: 100"
    mark, line = chart.lines
    assert {y for _, y in mark.points} == {marked.y}
    assert line.points == tuple((dot.x, dot.y) for dot in chart.dots)
