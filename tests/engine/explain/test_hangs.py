"""Rules over snapshots: each has one that shows its cause and a near miss that does not."""

import faulthandler
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from grader.explain.hang_facts import at
from grader.explain.hangs import RULES, explain
from grader.explain.snapshot import (
    Actor,
    Frame,
    Node,
    OpenCall,
    Snapshot,
    Task,
    Thread,
    parse_stacks,
    take_snapshot,
)
from grader.tables import Tables
from grader.world.ledger import Entry
from tests.support.examples import a_task_row, an_actor_row

DRIVER, WORKER, OTHER = 100, 200, 300
NORMAL = "f" * 24 + "01000000"  # how the id of a task that is no actor's ends


def actor_id(letter):
    return letter * 24 + "01000000"


def own(line=7, function="run"):
    return Frame("/side/staged/solution.py", line, function)


SERVICE = Frame("/side/staged/service.py", 30, "fetch")
RAY_GET = Frame("/venv/site-packages/ray/_private/worker.py", 2800, "get")
QUEUE_GET = Frame("/usr/lib/python3.11/queue.py", 171, "get")
LOCK_WAIT = Frame("/usr/lib/python3.11/threading.py", 320, "wait")
SELECT = Frame("/usr/lib/python3.11/selectors.py", 468, "select")
LOOP = (
    Frame("/usr/lib/python3.11/asyncio/events.py", 80, "_run"),
    Frame("/usr/lib/python3.11/asyncio/base_events.py", 1900, "_run_once"),
    Frame("/usr/lib/python3.11/asyncio/base_events.py", 600, "run_forever"),
)


def stack(*frames):
    return (Thread(tuple(frames)),)


DRIVER_IN_RAY = {DRIVER: stack(RAY_GET, own())}


def a_task(number=1, *, state="RUNNING", actor="", parent="driver", pid=0, **changes):
    fields = {
        "task_id": f"{number:016x}" + (actor or NORMAL),
        "name": f"task_{number}",
        "state": state,
        "required": {"CPU": 1.0},
        "parent_id": parent,
        "actor_id": actor,
        "pid": pid,
        "running_s": 3.0 if state == "RUNNING" else 0.0,
        "pending_s": 0.0,
        "creates_actor": False,
    }
    return Task(**{**fields, **changes})


def an_actor(letter="a", *, pid=WORKER, held=None, alive=True, name="Counter"):
    return Actor(
        actor_id=actor_id(letter),
        class_name=name,
        pid=pid,
        node_id="n1",
        held={"CPU": 1.0} if held is None else held,
        alive=alive,
    )


def a_node(cpus=4.0, free=0.0, **more):
    return Node(node_id="n1", total={"CPU": cpus, **more}, free={"CPU": free, **more})


def a_snapshot(*, tasks=(), actors=(), nodes=None, open_calls=(), stacks=None):
    return Snapshot(
        tasks=tuple(tasks),
        actors=tuple(actors),
        nodes=(a_node(),) if nodes is None else tuple(nodes),
        open_calls=tuple(open_calls),
        driver_pid=DRIVER,
        stacks=DRIVER_IN_RAY if stacks is None else stacks,
    )


# -- infeasible ----------------------------------------------------------------------------------


def asks(required):
    return a_task(state="PENDING_NODE_ASSIGNMENT", required=required)


INFEASIBLE = [
    a_snapshot(tasks=[asks({"CPU": 8.0})]),
    a_snapshot(tasks=[asks({"CPU": 1.0, "gpu": 1.0})]),
    a_snapshot(tasks=[asks({"CPU": 5.0})], nodes=[a_node(4.0), a_node(4.0)]),
    a_snapshot(tasks=[asks({"CPU": 2.0, "gpu": 1.0})], nodes=[a_node(4.0), a_node(1.0, gpu=1.0)]),
    a_snapshot(actors=[an_actor(held={"CPU": 8.0}, alive=False, pid=0)]),
]
FEASIBLE = [
    a_snapshot(tasks=[asks({"CPU": 4.0})]),
    a_snapshot(tasks=[asks({"CPU": 0.1 + 0.2})], nodes=[a_node(0.3)]),
    a_snapshot(tasks=[asks({"CPU": 1.0, "gpu": 1.0})], nodes=[a_node(), a_node(gpu=2.0)]),
    a_snapshot(tasks=[a_task(state="PENDING_ARGS_AVAIL", required={"CPU": 8.0})]),
    a_snapshot(actors=[an_actor(held={"CPU": 8.0})]),
    a_snapshot(tasks=[asks({"CPU": 8.0})], nodes=[]),
]

# -- a cluster that starts no worker -------------------------------------------------------------


def waits_for_a_worker(pending_s, **changes):
    return a_task(state="PENDING_NODE_ASSIGNMENT", pending_s=pending_s, **changes)


STALLED = [a_snapshot(tasks=[waits_for_a_worker(5.0)], nodes=[a_node(free=4.0)])]
NOT_STALLED = [
    a_snapshot(tasks=[waits_for_a_worker(1.0)], nodes=[a_node(free=4.0)]),
    a_snapshot(tasks=[waits_for_a_worker(5.0)], nodes=[a_node(free=0.0)]),
    # what keeps a call back is that its actor has no place
    a_snapshot(
        tasks=[waits_for_a_worker(5.0, actor=actor_id("c"), required={})],
        actors=[an_actor("c", pid=0, alive=False)],
        nodes=[a_node(free=4.0)],
    ),
    # Ray holds back workers for nested tasks on purpose
    a_snapshot(tasks=[waits_for_a_worker(5.0), a_task(2, pid=WORKER)], nodes=[a_node(free=4.0)]),
]

# -- actors and those they keep out ----------------------------------------------------------------

PENDING = "PENDING_NODE_ASSIGNMENT"
FULL = [a_node(free=0.0)]
LATECOMER = a_task(1, actor=actor_id("c"), state=PENDING, creates_actor=True, pending_s=5.0)
CALL_ON_IT = a_task(2, actor=actor_id("c"), state=PENDING, required={}, pending_s=5.0)
CROWD = [an_actor("a"), an_actor("b", pid=OTHER), an_actor("c", pid=0, alive=False)]
KEPT_OUT = [a_snapshot(tasks=[LATECOMER, CALL_ON_IT], actors=CROWD, nodes=FULL)]
NOT_KEPT_OUT = [
    a_snapshot(tasks=[LATECOMER, CALL_ON_IT], actors=CROWD, nodes=[a_node(free=1.0)]),
    a_snapshot(tasks=[LATECOMER], actors=CROWD, nodes=FULL),
    a_snapshot(tasks=[LATECOMER, CALL_ON_IT], actors=CROWD[2:], nodes=FULL),
    a_snapshot(tasks=[CALL_ON_IT], actors=CROWD, nodes=FULL),
]

# -- a blocked event loop ------------------------------------------------------------------------

ASYNC_ACTOR = [an_actor(name="Desk")]
BLOCKED = [
    a_snapshot(actors=ASYNC_ACTOR, stacks={WORKER: stack(own(), *LOOP)}),
    a_snapshot(actors=ASYNC_ACTOR, stacks={WORKER: stack(RAY_GET, own(), *LOOP)}),
    a_snapshot(actors=ASYNC_ACTOR, stacks={WORKER: stack(SELECT) + stack(SERVICE, own(), *LOOP)}),
]
NOT_BLOCKED = [
    a_snapshot(actors=ASYNC_ACTOR, stacks={WORKER: stack(SELECT, *LOOP[1:])}),
    a_snapshot(actors=ASYNC_ACTOR, stacks={WORKER: stack(RAY_GET, own())}),
    a_snapshot(actors=ASYNC_ACTOR, stacks={DRIVER: stack(own(), *LOOP)}),
    a_snapshot(actors=ASYNC_ACTOR, stacks={WORKER: stack(SELECT, *LOOP[1:], own())}),
]

# -- actors in a circle --------------------------------------------------------------------------


def calls(number, *, on, by, state):
    """A call on actor `on` that the running call `by` has made."""
    parent = f"{by[0]:016x}" + actor_id(by[1])
    return a_task(number, actor=actor_id(on), parent=parent, state=state, required={})


def running_on(number, letter, pid):
    return a_task(number, actor=actor_id(letter), pid=pid, required={})


PING, PONG = an_actor("a", name="Ping"), an_actor("b", pid=OTHER, name="Pong")
WAITING = {WORKER: stack(RAY_GET, own(3)), OTHER: stack(RAY_GET, own(9)), **DRIVER_IN_RAY}
QUEUED = "PENDING_ACTOR_TASK_ORDERING_OR_CONCURRENCY"
CIRCLE = [
    a_snapshot(
        tasks=[
            running_on(1, "a", WORKER),
            running_on(2, "b", OTHER),
            calls(3, on="b", by=(1, "a"), state=QUEUED),
            calls(4, on="a", by=(2, "b"), state=QUEUED),
        ],
        actors=[PING, PONG],
        stacks=WAITING,
    ),
    a_snapshot(
        tasks=[running_on(1, "a", WORKER), calls(2, on="a", by=(1, "a"), state=QUEUED)],
        actors=[PING],
        stacks=WAITING,
    ),
    a_snapshot(
        tasks=[calls(2, on="a", by=(1, "a"), state=QUEUED)],  # the caller is no longer listed
        actors=[PING],
        stacks=WAITING,
    ),
]
NO_CIRCLE = [
    a_snapshot(
        tasks=[
            running_on(1, "a", WORKER),
            running_on(2, "b", OTHER),
            calls(3, on="b", by=(1, "a"), state=QUEUED),
        ],
        actors=[PING, PONG],
        stacks=WAITING,
    ),
    a_snapshot(
        tasks=[running_on(1, "a", WORKER), a_task(2, actor=actor_id("a"), state=QUEUED)],
        actors=[PING],
        stacks=WAITING,
    ),
    a_snapshot(
        tasks=[
            a_task(1, pid=WORKER),
            a_task(2, actor=actor_id("b"), parent=f"{1:016x}" + NORMAL, state=QUEUED),
        ],
        actors=[PONG],
        stacks=WAITING,
    ),
    a_snapshot(  # the actor has queued its own next turn and is at work
        tasks=[running_on(1, "a", WORKER), calls(2, on="a", by=(1, "a"), state=QUEUED)],
        actors=[PING],
        stacks={WORKER: stack(SERVICE, own()), **DRIVER_IN_RAY},
    ),
]

# -- actors that hold all CPUs -------------------------------------------------------------------

HOLDERS = [an_actor("a", pid=201, held={"CPU": 2.0}), an_actor("b", pid=202, held={"CPU": 2.0})]


def starved(*, by="a", required=1.0):
    parent = f"{9:016x}" + (actor_id(by) if by else NORMAL)
    return a_task(state="PENDING_NODE_ASSIGNMENT", parent=parent, required={"CPU": required}, name="crunch")


HOLDING = [a_snapshot(tasks=[starved()], actors=HOLDERS, stacks={201: stack(RAY_GET, own())})]
NOT_HOLDING = [
    a_snapshot(tasks=[starved(by="")], actors=HOLDERS),
    a_snapshot(tasks=[starved()], actors=HOLDERS, nodes=[a_node(8.0, free=4.0)]),
    a_snapshot(tasks=[starved()], actors=[an_actor("a", held={})]),
    a_snapshot(tasks=[starved(required=0.0)], actors=HOLDERS),
]

# -- the outside world ---------------------------------------------------------------------------


def a_call(seconds, pid=WORKER):
    return OpenCall(op="fetch", args="7", pid=pid, seconds=seconds)


UNANSWERED = [
    a_snapshot(tasks=[a_task(pid=WORKER)], open_calls=[a_call(4.0)]),
    a_snapshot(open_calls=[a_call(0.1), a_call(2.0, DRIVER)]),
]
ANSWERED = [a_snapshot(tasks=[a_task(pid=WORKER)], open_calls=[a_call(0.1)])]

# -- waits that nobody ends ----------------------------------------------------------------------

IN_QUEUE = {WORKER: stack(QUEUE_GET, own(12)), **DRIVER_IN_RAY}
NO_SIGNAL = [
    a_snapshot(tasks=[a_task(pid=WORKER)], stacks=IN_QUEUE),
    a_snapshot(
        tasks=[a_task(1, pid=OTHER), a_task(2, pid=WORKER, parent=f"{1:016x}" + NORMAL)],
        stacks={**IN_QUEUE, OTHER: stack(RAY_GET, own())},
    ),
]
SIGNAL_MAY_COME = [
    a_snapshot(tasks=[a_task(1, pid=WORKER), a_task(2, pid=OTHER)], stacks=IN_QUEUE),
    a_snapshot(tasks=[a_task(pid=WORKER)], stacks={WORKER: stack(own(12)), **DRIVER_IN_RAY}),
    a_snapshot(tasks=[a_task(pid=WORKER)], stacks=WAITING),
    a_snapshot(tasks=[a_task(pid=WORKER, state=QUEUED)], stacks=IN_QUEUE),
]

# -- the driver ----------------------------------------------------------------------------------

OUTSIDE_RAY = [
    a_snapshot(stacks={DRIVER: stack(own())}),
    a_snapshot(stacks={DRIVER: stack(LOCK_WAIT, own())}, tasks=[a_task(pid=WORKER)]),
]
INSIDE_RAY = [
    a_snapshot(stacks=DRIVER_IN_RAY),
    a_snapshot(stacks={DRIVER: stack(LOCK_WAIT, RAY_GET, own())}),
    a_snapshot(stacks={DRIVER: stack(LOCK_WAIT)}),
    a_snapshot(stacks={WORKER: stack(own())}),
]

# -- slow, or nothing left -----------------------------------------------------------------------

SLOW = [
    a_snapshot(tasks=[a_task(pid=WORKER)]),
    a_snapshot(tasks=[a_task(1, pid=OTHER), a_task(2, pid=WORKER, parent=f"{1:016x}" + NORMAL)]),
]
NOT_SLOW = [
    a_snapshot(tasks=[a_task(state="PENDING_ARGS_AVAIL")]),
    a_snapshot(
        tasks=[
            a_task(1, pid=OTHER),
            a_task(2, parent=f"{1:016x}" + NORMAL, state="PENDING_ARGS_AVAIL"),
        ]
    ),
    a_snapshot(),
]
NOTHING_LEFT = [a_snapshot()]
SOMETHING_LEFT = [
    a_snapshot(tasks=[a_task(state="PENDING_ARGS_AVAIL")]),
    a_snapshot(stacks={}),
    a_snapshot(stacks={DRIVER: stack(LOCK_WAIT)}),
]

CASES = {
    "infeasible": (INFEASIBLE, FEASIBLE),
    "actors_keep_an_actor_out": (KEPT_OUT, NOT_KEPT_OUT),
    "cluster_stalled": (STALLED, NOT_STALLED),
    "blocked_event_loop": (BLOCKED, NOT_BLOCKED),
    "actors_wait_for_each_other": (CIRCLE, NO_CIRCLE),
    "actors_hold_cpus": (HOLDING, NOT_HOLDING),
    "call_never_answered": (UNANSWERED, ANSWERED),
    "waits_for_a_signal": (NO_SIGNAL, SIGNAL_MAY_COME),
    "driver_outside_ray": (OUTSIDE_RAY, INSIDE_RAY),
    "runs_too_long": (SLOW, NOT_SLOW),
    "waits_for_nothing": (NOTHING_LEFT, SOMETHING_LEFT),
}


def numbered(which):
    """(cause, snapshot) pairs with readable ids."""
    return [
        pytest.param(cause, case, id=f"{cause}-{number}")
        for cause, cases in CASES.items()
        for number, case in enumerate(cases[which])
    ]


def rule(cause):
    return next(r for r in RULES if r.__name__ == f"_{cause}")


def test_every_rule_has_its_cases():
    assert {r.__name__ for r in RULES} == {f"_{cause}" for cause in CASES}


@pytest.mark.parametrize(("cause", "seen"), numbered(0))
def test_a_snapshot_that_shows_a_cause_is_explained_by_it(cause, seen):
    assert rule(cause)(seen).cause == cause
    assert explain(seen).cause == cause


@pytest.mark.parametrize(("cause", "seen"), numbered(1))
def test_a_near_miss_is_not_blamed_on_the_cause(cause, seen):
    assert rule(cause)(seen) is None
    assert explain(seen).cause != cause


@pytest.mark.parametrize(
    ("seen", "parts"),
    [
        (INFEASIBLE[0], ["`task_1`", "8 CPUs", "4 CPUs"]),
        (INFEASIBLE[1], ["`task_1`", "1 gpu", "0 gpu"]),
        (INFEASIBLE[-1], ["`Counter`", "8 CPUs"]),
        (BLOCKED[0], ["Desk", "solution.py:7"]),
        (BLOCKED[1], ["waits in ray.get"]),
        (BLOCKED[2], ["waits for the service"]),
        (CIRCLE[0], ["2 actors", "Ping waits for Pong", "solution.py:3", "solution.py:9"]),
        (CIRCLE[1], ["Ping waits for a call on itself"]),
        (HOLDING[0], ["2 Counter actors hold all 4 CPUs", "`crunch`", "1 CPU", "solution.py:7"]),
        (UNANSWERED[0], ["service.fetch(7)", "4.0 s", "task `task_1`"]),
        (UNANSWERED[1], ["service.fetch(7)", "2.0 s", "the driver", "solution.py:7"]),
        (NO_SIGNAL[0], ["`task_1`", "3.0 s", "solution.py:12"]),
        (OUTSIDE_RAY[0], ["solution.py:7", "no task is unfinished"]),
        (OUTSIDE_RAY[1], ["threading.wait", "1 task"]),
        (SLOW[0], ["`task_1`", "3.0 s"]),
        (SLOW[1], ["`task_2`"]),
        (NOTHING_LEFT[0], ["solution.py:7"]),
    ],
)
def test_the_sentence_names_what_was_seen(seen, parts):
    text = explain(seen).text()
    assert [part for part in parts if part not in text] == [], text


def test_a_call_from_a_process_nobody_knows_is_not_laid_to_the_driver():
    finding = explain(a_snapshot(open_calls=[a_call(4.0, pid=999)]))
    assert finding.cause == "call_never_answered"
    assert "the driver waits" not in finding.sentence


def test_the_cause_of_a_wait_is_told_before_the_wait():
    """An actor that cannot be placed explains a driver that only waits."""
    seen = a_snapshot(
        tasks=[a_task(1, pid=WORKER)],
        actors=[an_actor(held={"CPU": 9.0}, alive=False, pid=0)],
        open_calls=[a_call(4.0)],
    )
    assert explain(seen).cause == "infeasible"


def test_the_line_that_is_quoted_is_the_present_solutions(tmp_path):
    file = tmp_path / "solution.py"
    for text in ("while True: pass", "time.sleep(600)"):
        file.write_text(f"{text}\n")
        assert at(Frame(str(file), 1, "run")) == f"solution.py:1 `{text}`"


def test_nothing_seen_is_said_as_such():
    finding = explain(a_snapshot(stacks={}, nodes=[]))
    assert (finding.cause, finding.evidence) == ("unknown", ())


def test_evidence_counts_what_is_unfinished_and_free():
    tasks = [a_task(n, name="score", state="PENDING_ARGS_AVAIL") for n in range(5)]
    evidence = explain(a_snapshot(tasks=tasks, nodes=[a_node(4.0, 1.5)])).evidence
    assert "driver at solution.py:7" in evidence
    assert "5 × score: pending args avail" in evidence
    assert "free now: 1.5 of 4 CPUs" in evidence


# -- stacks --------------------------------------------------------------------------------------


def wait_here(ready, gate):
    ready.set()
    gate.wait()


def test_a_real_dump_of_all_threads_is_read_innermost_first(tmp_path):
    ready, gate = threading.Event(), threading.Event()
    thread = threading.Thread(target=wait_here, args=(ready, gate))
    thread.start()
    ready.wait()
    path = tmp_path / "stacks.txt"
    with path.open("w") as file:
        faulthandler.dump_traceback(file, all_threads=True)
    gate.set()
    thread.join()
    stacks = [[f.function for f in t.frames] for t in parse_stacks(path.read_text())]
    assert len([s for s in stacks if "wait_here" in s]) == 1
    waiting = next(s for s in stacks if "wait_here" in s)
    assert waiting.index("wait_here") < waiting.index("run") < waiting.index("_bootstrap")
    assert stacks[-1][0] == "test_a_real_dump_of_all_threads_is_read_innermost_first"
    innermost = parse_stacks(path.read_text())[-1].frames[0]
    line = Path(innermost.file).read_text().splitlines()[innermost.line - 1]
    assert "dump_traceback" in line


def test_a_dump_by_signal_has_the_format_that_is_read(tmp_path):
    """What a side writes on SIGUSR1, in a process of its own here."""
    code = """
import faulthandler, os, signal, sys
faulthandler.register(signal.SIGUSR1, file=sys.stdout, all_threads=True)
def inner():
    os.kill(os.getpid(), signal.SIGUSR1)
inner()
"""
    script = tmp_path / 'odd "name".py'
    script.write_text(code)
    ran = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    (thread,) = parse_stacks(ran.stdout)
    assert [(f.file, f.line, f.function) for f in thread.frames] == [
        (str(script), 5, "inner"),
        (str(script), 6, "<module>"),
    ]


@pytest.mark.parametrize(
    "text",
    ["", "garbage\n\n", "Thread 0x1 (most recent call first):\n", '  File "x", line 1 in f\n'],
)
def test_what_is_no_dump_gives_no_threads(text):
    assert parse_stacks(text) == ()


# -- snapshots -----------------------------------------------------------------------------------


def a_row(state, *, started=None, **changes):
    times_s = {} if started is None else {"RUNNING": started}
    return a_task_row(task_id="t" + state, state=state, times_s=times_s, **changes)


def test_a_snapshot_keeps_what_is_unfinished_and_alive():
    tables = {
        "tasks": [
            a_row("FINISHED"),
            a_row("FAILED"),
            a_row("RUNNING", kind="DRIVER_TASK"),
            a_row("RUNNING", started=time.time() - 60, pid=OTHER),
            a_row("PENDING_ARGS_AVAIL", started=1.0),
            a_row("RUNNING", actor_id=actor_id("d"), pid=WORKER),
        ],
        "actors": [
            an_actor_row(actor_id=actor_id("a"), pid=WORKER),
            an_actor_row(actor_id=actor_id("d"), pid=WORKER, state="DEAD"),
        ],
        "nodes": [{"node_id": "n1", "resources": {"CPU": 4.0}, "raylet": "127.0.0.1:1"}],
        "available": {},
    }
    call = Entry(number=0, op="fetch", args=("x" * 500,), pid=WORKER, start_s=time.monotonic() - 5)
    asked = []

    def stacks_of(pids):
        asked.extend(pids)
        return {DRIVER: ""}

    seen = take_snapshot(Tables(tables), [call], DRIVER, stacks_of)
    assert [t.state for t in seen.tasks] == ["RUNNING", "PENDING_ARGS_AVAIL"]
    assert [t.running_s >= 60 for t in seen.tasks] == [True, False]
    assert [(a.actor_id, a.alive) for a in seen.actors] == [(actor_id("a"), True)]
    assert (seen.nodes[0].free, seen.open_calls[0].op) == ({}, "fetch")
    assert seen.open_calls[0].seconds >= 5
    assert len(seen.open_calls[0].args) <= 60
    assert {DRIVER, OTHER, WORKER} <= set(asked)
