"""Traces as values: what they say of a round, their pictures and their files."""

import json

import pytest

from grader.explain.trace import ServiceCall, Wait, from_json, peak, spans_of, union_s
from grader.report.gantt import curve, picture, shaded
from grader.report.perfetto import trace_events
from grader.tables import TaskRow
from tests.support.examples import a_span, a_task_row, a_trace


@pytest.mark.parametrize(
    ("intervals", "length", "most"),
    [
        ([], 0.0, 0),
        ([(0, 1)], 1.0, 1),
        ([(0, 1), (1, 2)], 2.0, 1),
        ([(0, 2), (1, 3)], 3.0, 2),
        ([(0, 10), (1, 2), (3, 4), (3, 5)], 10.0, 3),
    ],
)
def test_intervals_are_joined_and_counted(intervals, length, most):
    assert union_s(intervals) == pytest.approx(length)
    assert peak(intervals) == most


def test_a_worker_that_does_two_things_at_once_is_busy_once():
    trace = a_trace([a_span(0.0, 0.6), a_span(0.4, 1.0), a_span(0.0, 0.5, pid=2)])
    assert trace.busy_s() == pytest.approx({1: 1.0, 2: 0.5})
    assert trace.peak_running() == 3


def test_what_never_ended_is_busy_to_the_end_and_what_never_began_is_not():
    trace = a_trace([a_span(0.25, None), a_span(None, None, pid=0)], seconds=1.0)
    assert trace.busy_s() == pytest.approx({1: 0.75})
    assert trace.ran == []
    assert trace.pids == [1]


def test_rows_of_the_task_table_become_spans_in_order_of_submission():
    rows = [
        a_task_row(name="late", times_s={"PENDING_ARGS_AVAIL": 101.0, "RUNNING": 102.0, "FINISHED": 103.0}),
        a_task_row(
            name="Box.put", kind="ACTOR_TASK", times_s={"PENDING_ARGS_AVAIL": 100.5, "RUNNING": 100.75}
        ),
        a_task_row(name="driver", kind="DRIVER_TASK", times_s={"RUNNING": 90.0}),
    ]
    early, late = spans_of([TaskRow(**row) for row in rows], began_s=100.0)
    assert (early.name, early.kind, early.submitted_s, early.started_s, early.ended_s) == (
        "Box.put",
        "actor call",
        0.5,
        0.75,
        None,
    )
    assert (late.submitted_s, late.run_s) == (1.0, 1.0)


def test_a_trace_is_the_same_after_a_record():
    trace = a_trace(
        waits=[Wait(call="ray.get", start_s=0.1, end_s=0.9)],
        calls=[ServiceCall(op="fetch", pid=3, start_s=0.2, end_s=None)],
    )
    assert from_json(json.loads(json.dumps(trace.to_json()))) == trace


def test_a_picture_fits_its_width_and_shows_who_worked_when():
    trace = a_trace(
        [a_span(0.0, 0.5), a_span(0.5, 1.0, pid=2)], waits=[Wait(call="ray.get", start_s=0.0, end_s=1.0)]
    )
    lines = picture(trace, 60, 1.0)
    assert all(len(line) <= 60 for line in lines)
    first, second, driver, store = lines
    room = slice(12, 12 + 40)
    assert set(first[room][:19]) == {"█"}
    assert set(first[room][21:]) == {" "}
    assert set(second[room][21:]) == {"█"}
    assert "100 %" in driver
    assert "16 MB" in store


def test_many_workers_are_counted_instead_of_drawn():
    lines = picture(a_trace([a_span(0, 1, pid=pid) for pid in range(1, 31)]), 80, 1.0)
    assert len(lines) == 12 + 3
    assert "and 18 more workers" in lines[12]


def test_shades_and_curves_have_as_many_cells_as_there_is_room():
    assert shaded([(0.0, 0.1)], 0.1, 5) == "█    "
    assert shaded([(0.0, 0.01)], 0.1, 5)[0] == "░"
    assert curve([(0.0, 0), (0.25, 8), (0.45, 4)], 0.1, 6) == "  ██▄ "
    assert curve([], 0.1, 4) == "    "


def test_perfetto_gets_a_process_per_side_and_a_thread_per_worker():
    trace = a_trace(waits=[Wait(call="ray.get", start_s=0.1, end_s=0.9)])
    document = json.loads(json.dumps(trace_events({"yours": trace, "reference": trace})))
    complete = [e for e in document["traceEvents"] if e["ph"] == "X"]
    assert len(complete) == 2 * (4 + 1)
    assert {e["pid"] for e in complete} == {1, 2}
    (task, *_) = [e for e in complete if e["name"] == "score"]
    assert (task["ts"], task["dur"]) == (100_000.0, 800_000.0)
    names = {e["args"]["name"] for e in document["traceEvents"] if e["name"] == "process_name"}
    assert names == {"yours", "reference"}
