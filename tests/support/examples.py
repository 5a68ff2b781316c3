"""Values of the engine's own types for tests that need one and do not care which."""

from pathlib import Path

from grader.catalogue.challenges import Challenge
from grader.catalogue.stages import Stage
from grader.explain.trace import Span, Trace
from grader.side_spec import ClusterNeeds


def a_challenge(**changes):
    """A challenge that lies nowhere, unless `folder`, `reference`, `right` and `wrong` are given."""
    usual = {
        "name": "slow_gets",
        "folder": Path("nowhere"),
        "reference": Path("nowhere"),
        "right": Path("nowhere"),
        "wrong": Path("nowhere"),
        "title": "Slow gets",
        "summary": "",
        "track": "debugging",
        "kind": "optimise",
        "level": 2,
        "minutes": 30,
        "pass_mark": 80,
        "stub_ceiling": 40,
        "source": "",
        "functions": ("run",),
        "cluster": ClusterNeeds(num_cpus=4, object_store_mb=100, resources={}),
    }
    return Challenge(**(usual | changes))


def a_document(
    *,
    challenge="slow_gets",
    when="2026-01-01T10:11:12Z",
    score=70,
    outcome="failed",
    kind="solution",
    ratio=2.0,
    state="clear",
    traces=None,
    checks=None,
    stood=(),
):
    """A record as it lies on disk; `stood` says of each stage whether it stands, None for not judged."""
    race = {
        "name": "score_all",
        "ratio": ratio,
        "interval": [1.9, 2.1],
        "band": [0.98, 1.02],
        "state": state,
        "rounds": 2,
        "learner_s": [2.0, 2.1],
        "reference_s": [1.0, 1.05],
        "baseline_s": [1.0],
    }
    usual_check = {
        "name": "test_a",
        "title": "A title",
        "category": "correctness",
        "required": False,
        "points": 100,
        "earned": score,
        "outcome": "partial",
        "message": "It was <b>not</b> right.",
        "observed": 3,
        "limit": 2,
        "unit": "copies",
        "seconds": 1.5,
    }
    stages = [
        {"number": n, "title": f"T{n}", "minutes": 20, "points": 10, "earned": 0, "stands": each}
        for n, each in enumerate(stood, 1)
    ]
    return {
        "schema": 1,
        "challenge": challenge,
        "when": when,
        "score": score,
        "max_score": 100,
        "judged_points": 100,
        "passed": outcome == "passed",
        "outcome": outcome,
        "seed": 7,
        "seconds": 12.5,
        "hints": 1,
        "solution": {"path": "solution.py", "sha256": "0" * 64, "kind": kind},
        "checks": [usual_check] if checks is None else checks,
        "benchmark": [] if ratio is None else [race | ({"traces": traces} if traces else {})],
        "environment": {},
        **({"stages": stages} if stages else {}),
    }


def some_stages(n, minutes=20):
    """Stages of a challenge, named T1, T2 and so on."""
    return tuple(Stage(number=k, title=f"T{k}", minutes=minutes) for k in range(1, n + 1))


def a_span(start_s, end_s, *, pid=1, name="score", kind="task", submitted_s=0.0):
    """A task that ran."""
    return Span(name=name, kind=kind, pid=pid, submitted_s=submitted_s, started_s=start_s, ended_s=end_s)


def a_trace(spans=None, *, seconds=1.0, num_cpus=4, waits=(), calls=(), **changes):
    """A round; by default four tasks side by side on four workers."""
    if spans is None:
        spans = [a_span(0.1, 0.9, pid=pid) for pid in range(1, 5)]
    usual = {
        "seconds": seconds,
        "num_cpus": num_cpus,
        "driver_pid": 99,
        "spans": tuple(spans),
        "n_spans": len(spans),
        "store": ((0.0, 0), (0.5, 16_000_000), (0.95, 0)),
        "stored_bytes": 16_000_000,
        "stored_objects": 1,
        "spilled_bytes": 0,
        "waits": tuple(waits),
        "calls": tuple(calls),
    }
    return Trace(**(usual | changes))


def a_task_row(**changes):
    """A row of the task table, as plain data."""
    usual = {
        "task_id": "t", "name": "small", "kind": "NORMAL_TASK", "state": "FINISHED", "times_s": {},
        "required": {}, "parent_id": "", "actor_id": "", "job_id": "01", "pid": 0, "pids": [],
    }  # fmt: skip
    return usual | changes


def an_actor_row(**changes):
    """A row of the actor table, as plain data."""
    usual = {
        "actor_id": "a", "class_name": "Box", "state": "ALIVE", "pid": 1, "name": "", "detached": False,
        "job_id": "01", "node_id": "n", "held": {},
    }  # fmt: skip
    return usual | changes
