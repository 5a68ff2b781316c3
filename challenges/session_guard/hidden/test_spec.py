"""What the session guard must do. One behaviour per test.

Whether a session lives on is told by the cluster's table of jobs: one that was ended and opened again is
another job. Every reading of a gauge is a new one, so a result tells which calls it was made from.
"""

from __future__ import annotations

import time
from typing import Any

from grader.suite import behaviour, named, same, teaching

STARTING = "https://docs.ray.io/en/latest/ray-core/starting-ray.html"
NAMESPACES = "https://docs.ray.io/en/latest/ray-core/namespaces.html"
NO_SESSION = "no session"
LESSONS = {
    "called ray.init twice": (
        "A session was open already, and a process has one at most. Ask `ray.is_initialized()` first, and "
        f"use what is there. See {STARTING}"
    ),
    "StopIteration": "The block before it has not yielded: a context manager yields once, in every case.",
}
CALL_S = 20.0  # against hangs only
ENDED_WITHIN_S = 5.0  # the table hears of a session's end a moment later


def start(learner: Any, *, is_connected: bool) -> None:
    """Have a notebook with a session, or a script without one."""
    learner.scenario("start", is_connected=is_connected, deadline_s=CALL_S)


def run(learner: Any, *steps: list[Any]) -> list[Any]:
    """Do this one after the other, and get the answers."""
    forms = [named({str: float} if step[0] == "levels" else str, step[0]) for step in steps]
    with teaching(LESSONS):
        return list(learner.scenario("script", steps=list(steps), returns=tuple(forms), deadline_s=CALL_S))


def jobs(learner: Any) -> set[str]:
    """The living jobs of the solution's process, says the cluster."""
    return {job for job, pid in learner.look("jobs").jobs.items() if pid == learner.driver_pid}


def check_levels(learner: Any, gauges: list[str], seen: dict[str, float]) -> None:
    """Check that these are readings of the gauges, made by Ray workers."""
    readings = {reading.metres: reading for reading in learner.world.readings}
    used = [readings[metres] for metres in seen.values() if metres in readings]
    same({reading.gauge: reading.metres for reading in used}, seen, "what the gauges told")
    assert sorted(seen) == sorted(gauges), (
        f"levels({gauges}) has {sorted(seen)}; expected is an entry for each gauge."
    )
    strangers = {reading.pid for reading in used} - learner.worker_pids()
    assert not strangers, (
        f"Process {min(strangers)} read a gauge, and it is no Ray worker. A function runs in a worker when "
        "you call `task.remote(...)`. See https://docs.ray.io/en/latest/ray-core/tasks.html"
    )


def check_opened(learner: Any, session: str) -> None:
    """Check that there is a session in the block."""
    assert session in jobs(learner), (
        f"No session was open before the block, and in the block there is {session!r}, while the cluster "
        f"has the jobs {sorted(jobs(learner))} of this process. `ray.init()` opens a session. See {STARTING}"
    )


def check_ended(learner: Any, session: str, when: str) -> None:
    """Check that the session that the solution opened has ended."""
    deadline = time.monotonic() + ENDED_WITHIN_S
    while (found := jobs(learner)) and session == NO_SESSION and time.monotonic() < deadline:
        time.sleep(0.05)
    is_open = session != NO_SESSION or bool(found)
    assert not is_open, (
        f"{when}, the session {session!r} is open, and the cluster has the jobs {sorted(found)} of this "
        "process. Whoever opens a session ends it, also after an exception: `ray.shutdown()` in `finally`. "
        f"Else its actors and objects stay as long as the process. See {STARTING}"
    )


def check_same(learner: Any, before: str, after: str, when: str) -> None:
    """Check that the session from before is still there."""
    is_there = after == before and after in jobs(learner)
    assert is_there, (
        f"The session was job {before}. {when}, it is {after!r}. `ray.shutdown()` ends the one session that "
        "all code of the process shares, whoever opened it, and all its actors and objects are gone. "
        "`ray.init(ignore_reinit_error=True)` does not say whether one was open: ask `ray.is_initialized()` "
        f"first, and only end what you opened. See {STARTING}"
    )


def check_entered(*outcomes: str) -> None:
    """Check that blocks that asked for no namespace were not refused."""
    refused = [outcome for outcome in outcomes if outcome != "ok"]
    assert not refused, (
        f"A block asked for no namespace, a session was open, and it got a {refused[0]}; expected is that "
        f"`namespace=None` fits every session. See {NAMESPACES}"
    )


def check_raised(outcome: str) -> None:
    assert outcome == "raised", (
        f"The block raised an exception, and it was {outcome}; expected is that it reaches the caller. An "
        "`except` around the `yield` has to raise again."
    )


@behaviour(points=20, category="correctness", required=True)
def test_yours_lives_on(learner, rng):
    """A session that was open is used, and stays open."""
    gauges = learner.world.draw_gauges(rng)
    start(learner, is_connected=True)
    steps = [["session"], ["levels", gauges], ["session"], ["enter", "a"], ["session"], ["leave", "a"]]
    before, seen, after, entered, within, _, at_last = run(learner, *steps, ["session"])
    check_entered(entered)
    check_same(learner, before, after, "After a call of levels()")
    check_levels(learner, gauges, seen)
    check_same(learner, before, within, "In a block of ray_session()")
    check_same(learner, before, at_last, "After a block of ray_session()")


@behaviour(points=10, category="resilience")
def test_error_leaves_yours(learner, rng):
    """An exception in the block leaves a session that was open before it."""
    gauges = learner.world.draw_gauges(rng)
    start(learner, is_connected=True)
    steps = [["session"], ["enter", "a"], ["levels", gauges], ["fail", "a"], ["session"]]
    before, entered, seen, outcome, after = run(learner, *steps)
    check_entered(entered)
    check_levels(learner, gauges, seen)
    check_raised(outcome)
    check_same(learner, before, after, "After a block that raised")


@behaviour(points=15, category="correctness")
def test_opens_and_ends(learner, rng):
    """Without a session, the block gets one, which ends with it."""
    gauges = learner.world.draw_gauges(rng)
    start(learner, is_connected=False)
    _, session = run(learner, ["enter", "a"], ["session"])
    check_opened(learner, session)
    seen, _, after = run(learner, ["levels", gauges], ["leave", "a"], ["session"])
    check_levels(learner, gauges, seen)
    check_ended(learner, after, "After the block")


@behaviour(points=15, category="resilience")
def test_error_ends_its_own(learner):
    """An exception in the block ends the session that was opened for it."""
    start(learner, is_connected=False)
    _, session = run(learner, ["enter", "a"], ["session"])
    check_opened(learner, session)
    outcome, after = run(learner, ["fail", "a"], ["session"])
    check_raised(outcome)
    check_ended(learner, after, "After a block that raised")


@behaviour(points=15, category="correctness")
def test_outermost_ends_it(learner):
    """The outermost block that opened the session ends it."""
    start(learner, is_connected=False)
    steps = [["enter", "outer"], ["session"], ["enter", "inner"], ["leave", "inner"], ["session"]]
    outer, before, inner, _, after = run(learner, *steps)
    check_entered(outer, inner)
    check_same(learner, before, after, "After the inner one of two blocks, and still in the outer one")
    _, at_last = run(learner, ["leave", "outer"], ["session"])
    check_ended(learner, at_last, "After the outermost block")


@behaviour(points=10, category="correctness")
def test_looks_each_time(learner):
    """Each block looks for itself, whoever opened the session before."""
    start(learner, is_connected=False)
    _, first, _, between = run(learner, ["enter", "a"], ["session"], ["leave", "a"], ["session"])
    assert first != NO_SESSION, "No session was open before the first block, and none is in it."
    check_ended(learner, between, "After the first block")
    steps = [["connect"], ["session"], ["enter", "b"], ["leave", "b"], ["session"]]
    _, before, entered, _, after = run(learner, *steps)
    check_entered(entered)
    check_same(learner, before, after, "The caller opened it, after a block had opened and ended one; now")
    steps = [["shutdown"], ["enter", "c"], ["session"], ["leave", "c"], ["session"]]
    _, _, own, _, at_last = run(learner, *steps)
    assert own not in (NO_SESSION, before), "The caller ended its session, and the next block opened none."
    check_ended(learner, at_last, "After the third block, before which no session was open")


@behaviour(points=15, category="correctness")
def test_namespace(learner, rng):
    """A session has the namespace asked for, or is refused."""
    wanted = f"river {rng.integers(10**6)}"
    start(learner, is_connected=False)
    steps = [["enter", "a", wanted], ["session"], ["namespace"], ["enter", "fits", wanted]]
    steps += [["leave", "fits"], ["enter", "no", f"not {wanted}"], ["session"]]
    _, before, found, fits, _, outcome, after = run(learner, *steps)
    assert found == wanted, (
        f"A block asked for the namespace {wanted!r}, no session was open, and the new one has {found!r}. "
        f"`ray.init(namespace=...)` sets it. See {NAMESPACES}"
    )
    assert fits == "ok", f"A block asked for the namespace that the session has, and got a {fits}."
    assert outcome == "ValueError", (
        f"The session has the namespace {wanted!r}, a block asked for another one, and it was {outcome}; "
        "expected is a ValueError. Actors are looked up by name in the session's namespace: the caller "
        f"would find none of its own. `ignore_reinit_error` ignores that silently. See {NAMESPACES}"
    )
    check_same(learner, before, after, "After a block was refused")
    _, at_last = run(learner, ["leave", "a"], ["session"])
    check_ended(learner, at_last, "After the block that opened it")
