"""A round as a picture for the terminal: which rows there are, and how long they are."""

from grader.explain.trace import ServiceCall, Wait
from grader.report.gantt import picture
from tests.support.examples import a_span, a_trace

CALLS = [ServiceCall(op="fetch", pid=pid, start_s=0.0, end_s=0.5) for pid in (1, 77, 99)]


def labels(lines):
    return [line[:12].strip() for line in lines]


def test_workers_are_numbered_and_the_driver_and_the_store_have_rows():
    spans = [a_span(0.0, 0.5, pid=7), a_span(0.5, 1.0, pid=8)]
    lines = picture(a_trace(spans), 80, 1.0)
    assert labels(lines) == ["worker 1", "worker 2", "driver waits", "store"]
    assert all(len(line) <= 80 for line in lines)
    assert lines[0].count("█") == lines[1].count("█") == 30


def test_a_process_that_died_is_shown_by_its_calls_where_processes_go_by_their_pids():
    early = ServiceCall(op="warm", pid=55, start_s=-1.0, end_s=-0.5)
    trace = a_trace([a_span(0.1, 0.9, pid=1)], calls=[early, *CALLS])  # 99 is the driver
    lines = picture(trace, 80, 1.0, by_pid=True)
    assert labels(lines) == ["pid 1", "pid 77 †", "store"]
    assert lines[1].count("█") == 30
    assert "†" not in "".join(picture(trace, 80, 1.0))


def test_a_driver_that_waited_has_its_row():
    trace = a_trace(waits=[Wait(call="ray.get", start_s=0.0, end_s=1.0)])
    assert "driver waits" in labels(picture(trace, 80, 1.0, by_pid=True))
