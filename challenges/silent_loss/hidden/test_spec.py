"""What the import must do. One behaviour per test.

The register gives every deed a new receipt or a new objection, which only the judge knows. So a report tells
which calls it was made from.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from grader.suite import behaviour, peak, same, teaching

FAULTS = "https://docs.ray.io/en/latest/ray-core/fault_tolerance/tasks.html"
TASKS = "https://docs.ray.io/en/latest/ray-core/tasks.html"
LESSONS = {
    "RejectedError": (
        "`ray.get` raised the error of one task, and the results of all others were lost with it. Get "
        f"each ref by itself, with a `try` around it, and note the error. See {FAULTS}"
    ),
    "WorkerCrashedError": (
        "The worker of one deed died, and `ray.get` said so. Catch it for this deed alone, beside "
        f"`RayTaskError`: it is no subclass of that. See {FAULTS}"
    ),
}
CALL_S = 40.0  # against hangs only


def ingest(learner: Any, deeds: dict[str, str]) -> dict[str, dict[str, str]]:
    """Save the deeds, and check that workers did it."""
    form = {"stored": {str: str}, "failed": {str: str}}
    with teaching(LESSONS):
        report = learner.call("ingest", deeds, returns=form, deadline_s=CALL_S)
    strangers = {call.pid for call in learner.world.ledger.entries("save")} - learner.worker_pids()
    assert not strangers, (
        f"Process {min(strangers, default=0)} saved a deed, and it is no Ray worker. A function runs in a "
        f"worker when you call `task.remote(...)`. See {TASKS}"
    )
    return report


def check_all_told(learner: Any, deeds: dict[str, str], report: dict[str, dict[str, str]]) -> None:
    """Check that each deed is in one half of the report, and nothing else is."""
    stored, failed = report["stored"], report["failed"]
    answered = {answer.deed for answer in learner.world.answers}
    missing = [deed for deed in deeds if deed not in stored and deed not in failed]
    assert not missing, (
        f"{len(deeds)} deeds went in; {len(stored)} are stored and {len(failed)} failed, and {missing[0]} is "
        f"in neither; the register has answered for {len(answered)} by now. `.remote()` only starts a task: "
        "how it ended, well or not, is what `ray.get(ref)` tells. Keep every ref with its deed, and get "
        f"every one. See {FAULTS}"
    )
    both = sorted(set(stored) & set(failed))
    assert not both, f"{both[0]} is both in stored and in failed."
    strange = sorted((set(stored) | set(failed)) - set(deeds))
    assert not strange, f"{strange[0]!r} is in the report and was not among the deeds."


def check_once(world: Any) -> None:
    """Check that the register has not answered twice for a deed."""
    deed, n = Counter(answer.deed for answer in world.answers).most_common(1)[0]
    assert n == 1, (
        f"The register answered {n} times for {deed}; expected is once. Tries after an exception, with "
        "`retry_exceptions` or a loop of your own, repeat what will not get better. Ray itself repeats a "
        f"task only when its worker died. See {FAULTS}"
    )


def check_stored(learner: Any, expected: set[str], stored: dict[str, str]) -> None:
    """Check that these deeds are stored, with the receipts that the register gave."""
    receipts = {answer.deed: answer.text for answer in learner.world.answers if answer.is_stored}
    lost = sorted(expected - set(stored))
    assert not lost, (
        f"{lost[0]} could have been stored and is not: {len(stored)} of {len(expected)} are. A task that "
        f"fails must not take others along, and one whose worker died is to be tried again. See {FAULTS}"
    )
    same(stored, {deed: receipts.get(deed, "nothing") for deed in expected}, "stored")


@behaviour(points=20, category="correctness", required=True)
def test_every_deed_is_told(learner, rng):
    """Every deed is stored, and the report has its receipt."""
    deeds = learner.world.none(rng, int(rng.integers(5, 9))).args[0]
    report = ingest(learner, deeds)
    check_all_told(learner, deeds, report)
    check_stored(learner, set(deeds), report["stored"])


@behaviour(points=15, category="correctness")
def test_done_when_it_returns(learner, rng):
    """When `ingest` returns, nothing is still being saved."""
    deeds = learner.world.slow_deed(rng, int(rng.integers(4, 7))).args[0]
    report = ingest(learner, deeds)
    n_answered = len({answer.deed for answer in learner.world.answers})
    assert n_answered == len(deeds), (
        f"`ingest` returned when {n_answered} of {len(deeds)} deeds had been answered. If the script ends "
        "now, Ray stops the tasks that are still running, with status 0. Wait for every ref, without a "
        f"timeout. See {TASKS}"
    )
    check_all_told(learner, deeds, report)
    check_stored(learner, set(deeds), report["stored"])


@behaviour(points=15, category="correctness")
def test_rejected_is_told(learner, rng):
    """A rejected deed is reported with the register's reason, and the others are stored."""
    world = learner.world
    deeds = world.rejected(rng, int(rng.integers(5, 9))).args[0]
    report = ingest(learner, deeds)
    check_all_told(learner, deeds, report)
    check_stored(learner, set(deeds) - world.unwanted, report["stored"])
    reasons = {answer.deed: answer.text for answer in world.answers if not answer.is_stored}
    for deed, seen in report["failed"].items():
        assert deed in reasons, f"{deed} is said to have failed, but the register never rejected it."
        expected = f"RejectedError: {reasons[deed]}"
        assert seen == expected, (
            f"The error of {deed} is {seen[:80]!r}; expected is {expected!r}. What `ray.get` raises wraps "
            "the task's own exception and has the traceback as its text; the original is its `cause`. "
            f"See {FAULTS}"
        )


@behaviour(points=10, category="resilience")
def test_worker_dies_once(learner, rng):
    """A deed whose worker dies once is stored all the same."""
    deeds = learner.world.worker_dies(rng, int(rng.integers(3, 6))).args[0]
    report = ingest(learner, deeds)
    check_all_told(learner, deeds, report)
    check_stored(learner, set(deeds), report["stored"])
    check_once(learner.world)


@behaviour(points=10, category="resilience")
def test_worker_always_dies(learner, rng):
    """A deed whose workers always die is reported, and the others are stored."""
    world = learner.world
    deeds = world.worker_always_dies(rng, int(rng.integers(3, 6))).args[0]
    report = ingest(learner, deeds)
    check_all_told(learner, deeds, report)
    check_stored(learner, set(deeds) - world.deadly, report["stored"])
    (deed,) = world.deadly
    seen = report["failed"][deed]
    assert seen.startswith("WorkerCrashedError"), (
        f"The error of {deed} is {seen[:80]!r}; expected is one that begins with 'WorkerCrashedError'. Its "
        f"task raised nothing: the process died, and Ray says so. See {FAULTS}"
    )
    n_tries = len(world.ledger.entries("save")) - len(world.answers)
    assert n_tries >= 2, f"{deed} was given up after {n_tries} try; a dead worker's deed is tried again."


@behaviour(points=10, category="correctness")
def test_no_deed_twice(learner, rng):
    """What the register has answered is not sent again, though another deed is rejected."""
    world = learner.world
    deeds = world.rejected(rng, int(rng.integers(5, 9))).args[0]
    report = ingest(learner, deeds)
    check_stored(learner, set(deeds) - world.unwanted, report["stored"])
    check_once(world)


@behaviour(points=10, category="performance")
def test_side_by_side(learner, rng, observe):
    """Two deeds are saved at the same time."""
    world = learner.world
    deeds = world.none(rng, int(rng.integers(5, 9))).args[0]
    world.meets = True
    report = ingest(learner, deeds)
    check_stored(learner, set(deeds), report["stored"])
    check_once(world)  # so calls for show are none of those
    n = peak(world.ledger.entries("save", "ok"))
    observe(n, limit=2, unit="saved at once")
    assert n >= 2, (
        "No two deeds were saved at the same time, though there are 2 CPUs. `ray.get` right after "
        f"`.remote()` waits for each task before the next: start all, then get. See {TASKS}"
    )


@behaviour(points=10, category="memory")
def test_nothing_is_left(learner, rng):
    """When `ingest` has returned, nothing is left of it."""
    deeds = learner.world.none(rng, int(rng.integers(5, 9))).args[0]
    report = ingest(learner, deeds)
    check_stored(learner, set(deeds), report["stored"])
    left = learner.leftovers()
    assert not left, (
        f"Still there five seconds after `ingest` returned: {'; '.join(left)}. Look for refs and handles "
        f'that a global keeps, and for `lifetime="detached"`. See {TASKS}'
    )
