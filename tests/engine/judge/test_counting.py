"""What is counted from the tables before and after a block, without a cluster."""

import pytest

from grader.judge.counting import SILENT, Counts
from grader.tables import Tables
from tests.support.examples import a_task_row, an_actor_row

STORE = {"used_bytes": 0, "created_bytes": 100, "created_objects": 1, "spilled_bytes": 0}


def task(task_id, pids=(), *, name="small", kind="NORMAL_TASK", actor_id=""):
    return a_task_row(task_id=task_id, name=name, kind=kind, pids=list(pids), actor_id=actor_id)


def actor(actor_id, pid):
    return an_actor_row(actor_id=actor_id, pid=pid)


def counted(tasks, executed, *, actors=(), known=(), before=None, markers=(), callers=()):
    counts = Counts()
    workers = [{"pid": pid, "executed": n, "running": 0} for pid, n in (before or {}).items()]
    tables = {"tasks": list(known), "actors": [], "store": STORE, "workers": workers}
    after = {
        "tasks": [*known, *tasks],
        "actors": list(actors),
        "store": STORE | {"created_bytes": 350, "spilled_bytes": 7},
        "workers": [],
    }
    counts.fill(Tables(tables), Tables(after), executed, markers, set(callers))
    return counts


def test_what_was_there_before_is_not_counted():
    counts = counted([task("b", [2])], {1: 4, 2: 9}, known=[task("a", [1])], before={1: 4, 2: 8})
    assert counts.tasks == {"small": 1}
    assert (counts.stored_bytes, counts.spilled_bytes) == (250, 7)


def test_the_judges_own_tasks_are_known_by_their_ids_alone():
    tasks = [task("m", [1], name="kata_marker"), task("x", [1], name="kata_marker")]
    assert counted(tasks, {1: 2}, markers={"m"}).tasks == {"kata_marker": 1}


@pytest.mark.parametrize(
    ("tasks", "actors", "executed", "n_silent"),
    [
        ([], [], {1: 3}, 3),
        ([task("a", [1])], [], {1: 3, 2: 1}, 3),
        ([task("a", [1, 1, 2])], [], {1: 2, 2: 1}, 0),  # tried three times
        ([task("d", [1, 1, 1], kind="DRIVER_TASK")], [], {1: 3}, 3),  # not what workers run
        ([task("c", [1, 1, 1], kind="ACTOR_CREATION_TASK", actor_id="x")], [actor("x", 1)], {1: 3}, 2),
        ([task("a", [1]), task("b")], [], {1: 2}, 0),  # its worker was killed before it could report
        ([task("a", [1])], [], {}, 0),  # the worker has ended and was not asked
        ([task("c", [1], kind="ACTOR_CREATION_TASK", actor_id="x")], [actor("x", 1)], {1: 5}, 4),
        ([task("c", kind="ACTOR_CREATION_TASK", actor_id="y")], [], {1: 3}, 3),  # it never began
        ([], [actor("x", 1)], {1: 5}, 4),  # the creation did not report either
    ],
)
def test_what_workers_executed_and_nobody_reported_is_counted(tasks, actors, executed, n_silent):
    counts = counted(tasks, executed, actors=actors)
    assert counts.tasks.get(SILENT, 0) == n_silent
    assert counts.n_actors == len(
        {t["actor_id"] for t in tasks if t["actor_id"]} | {a["actor_id"] for a in actors}
    )


def test_each_attempt_at_a_call_counts():
    """A row with many attempts hides no runs: a solution can write such rows."""
    assert counted([task("a", [1, 1, 2])], {1: 2, 2: 1}).tasks == {"small": 3}
    assert counted([task("a", [1] * 72)], {1: 72}).n_tasks == 72


def test_attempts_at_the_judges_own_tasks_hide_nothing():
    assert counted([task("m", [1] * 72)], {1: 73}, markers={"m"}).tasks == {SILENT: 72}


def test_rows_written_before_the_block_hide_nothing():
    known = [task(str(n), [1]) for n in range(72)]
    assert counted([], {1: 72}, known=known, before={1: 0}).tasks == {SILENT: 72}


def test_a_worker_that_called_the_world_and_was_never_asked_has_run_something():
    assert counted([], {}, callers={7}).tasks == {SILENT: 1}
    assert counted([task("a", [7])], {}, callers={7}).tasks == {"small": 1}
    assert counted([], {7: 0}, callers={7}).tasks == {}  # a thread of an earlier call


def test_of_two_that_claim_one_process_the_smaller_count_is_subtracted():
    counts = Counts()
    rows = [{"pid": 1, "executed": n, "running": 0} for n in (5, 1000)]
    before = {"tasks": [], "actors": [], "store": STORE, "workers": rows}
    after = {"tasks": [], "actors": [], "store": STORE, "workers": []}
    counts.fill(Tables(before), Tables(after), {1: 1000}, (), set())
    assert counts.tasks == {SILENT: 995}
