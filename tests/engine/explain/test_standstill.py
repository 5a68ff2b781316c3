"""A standstill is certain or it is none: each case that could still move has a row."""

import pytest

from grader.explain.snapshot import Frame, Snapshot, Task, Thread
from grader.explain.standstill import all_at_rest, fingerprint, may_start
from grader.tables import Tables
from tests.support.examples import a_task_row, an_actor_row

DRIVER, WORKER = 100, 200
ACTOR = "a" * 24 + "01000000"


def tables(*rows, free_cpus=0.0, running=None, actors=()):
    """A node of four CPUs, of which `free_cpus` are free."""
    n_running = sum(row["state"].startswith("RUNNING") for row in rows)
    return Tables(
        {
            "tasks": list(rows),
            "actors": list(actors),
            "nodes": [{"node_id": "n1", "resources": {"CPU": 4.0}, "raylet": "127.0.0.1:1"}],
            "available": {"n1": {"CPU": free_cpus}},
            "workers": [{"pid": WORKER, "executed": 9, "running": n_running if running is None else running}],
        }
    )


RUNS_ON_FOUR = a_task_row(state="RUNNING", required={"CPU": 4.0})
WAITS_FOR_ONE = a_task_row(state="PENDING_NODE_ASSIGNMENT", required={"CPU": 1.0})
SENT_TO_ACTOR = a_task_row(state="SUBMITTED_TO_WORKER", actor_id=ACTOR)
HOLDS_FOUR = an_actor_row(held={"CPU": 4.0})


@pytest.mark.parametrize(
    ("seen", "may"),
    [
        (tables(), False),
        (tables(a_task_row(state="FINISHED"), free_cpus=4.0), False),
        (tables(a_task_row(state="RUNNING", kind="DRIVER_TASK"), running=0), False),
        (tables(a_task_row(state="RUNNING"), a_task_row(state="PENDING_ARGS_AVAIL")), False),
        (tables(RUNS_ON_FOUR, WAITS_FOR_ONE), False),
        (tables(WAITS_FOR_ONE, actors=[HOLDS_FOUR]), False),
        (tables(WAITS_FOR_ONE), True),  # its worker is starting: the CPUs are taken, and nothing runs on them
        (tables(RUNS_ON_FOUR | {"required": {"CPU": 3.0}}, WAITS_FOR_ONE), True),
        (tables(RUNS_ON_FOUR | {"state": "RUNNING_IN_RAY_GET"}, WAITS_FOR_ONE), True),  # it has lent its CPUs
        (tables(WAITS_FOR_ONE, actors=[HOLDS_FOUR | {"state": "RESTARTING"}]), True),
        (tables(a_task_row(state="PENDING_NODE_ASSIGNMENT", required={"CPU": 1.0}), free_cpus=1.0), True),
        (tables(a_task_row(state="PENDING_NODE_ASSIGNMENT", required={})), True),
        (tables(a_task_row(state="SUBMITTED_TO_WORKER")), True),
        (tables(SENT_TO_ACTOR), True),
        (tables(a_task_row(state="RUNNING", actor_id=ACTOR), SENT_TO_ACTOR), False),  # it waits for its turn
        (tables(a_task_row(state="RUNNING"), SENT_TO_ACTOR), True),
        (tables(a_task_row(state="PENDING_ACTOR_TASK_ORDERING_OR_CONCURRENCY", actor_id=ACTOR)), False),
        (tables(a_task_row(state="RUNNING"), running=2), True),  # a task that reports nothing
    ],
)
def test_what_could_still_start(seen, may):
    assert may_start(seen) is may


OWN = Frame("/side/staged/solution.py", 7, "run")
SERVICE = Frame("/side/staged/service.py", 30, "fetch")
LINK = Frame("/side/inside/service_link.py", 60, "ask")
SCENARIO = Frame("/side/staged/scenarios.py", 9, "two_at_once")
RAY_GET = Frame("/venv/site-packages/ray/_private/worker.py", 2800, "get")
LOCK_WAIT = Frame("/usr/lib/python3.11/threading.py", 320, "wait")
QUEUE_GET = Frame("/usr/lib/python3.11/queue.py", 171, "get")
NUMPY = Frame("/venv/site-packages/numpy/linalg.py", 10, "solve")


def thread(*frames):
    return Thread(tuple(frames))


def a_snapshot(driver, worker, *, state="RUNNING"):
    task = Task(
        task_id="t", name="f", state=state, required={}, parent_id="", actor_id="", pid=WORKER,
        running_s=1.0, pending_s=0.0, creates_actor=False,
    )  # fmt: skip
    stacks = {DRIVER: tuple(driver), WORKER: tuple(worker)}
    return Snapshot(tasks=(task,), actors=(), nodes=(), open_calls=(), driver_pid=DRIVER, stacks=stacks)


HELD = [thread(LINK, SERVICE, OWN)]
WAITS = [thread(RAY_GET, OWN)]


@pytest.mark.parametrize(
    ("driver", "worker", "rests"),
    [
        (WAITS, HELD, True),
        (WAITS, [thread(LINK, SERVICE)], True),  # the service was submitted to a pool by itself
        (WAITS, [*HELD, thread(QUEUE_GET)], True),  # an idle thread of a pool
        ([thread(LOCK_WAIT, OWN)], HELD, True),
        ([thread(OWN)], HELD, False),  # the driver computes
        ([thread(NUMPY, OWN)], HELD, False),
        ([thread(SCENARIO)], HELD, False),
        (WAITS, [*HELD, thread(NUMPY, OWN)], False),  # another thread of the worker computes
        (WAITS, [*HELD, thread(SERVICE)], False),  # it computes in the service
        (WAITS, [thread(OWN)], False),
        (WAITS, [], True),
    ],
)
def test_all_rest_when_each_thread_waits_for_another_or_for_the_world(driver, worker, rests):
    assert all_at_rest(a_snapshot(driver, worker), {WORKER}) is rests


def test_a_process_that_cannot_be_seen_is_not_at_rest():
    seen = a_snapshot(WAITS, HELD)
    assert not all_at_rest(seen, {WORKER, 300})
    del seen.stacks[WORKER]
    assert not all_at_rest(seen, set())


def test_two_looks_are_alike_when_nothing_was_asked_started_or_ended():
    seen = a_snapshot(WAITS, HELD)
    assert fingerprint(seen, 3) == fingerprint(a_snapshot([], []), 3)
    assert fingerprint(seen, 3) != fingerprint(seen, 4)
    assert fingerprint(seen, 3) != fingerprint(a_snapshot(WAITS, HELD, state="FINISHED"), 3)
