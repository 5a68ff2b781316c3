"""What score_all must do. One behaviour per test.

No verdict here depends on a clock. Where calls have to meet, the world holds them until they have met or
a guard time is over. In a right program they meet long before that, even on workers that have yet to start.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from grader.suite import SolutionRaised, behaviour, close, either, void

MODEL_SHAPE = (2048, 1024)
TOLERANCE = 1e-9  # what the brief promises
COARSE = 1e-3  # tells two models apart, whatever the arithmetic
MIN_IN_FLIGHT = 8
MIN_WORKERS = 2
SPARE_TASKS = 16
MAX_MODELS_STORED = 1.5
N_RECORDS = 24
N_RECORDS_RACE = 48
GUARD_S = 8.0
CALL_S = 25.0  # against hangs only

Result = dict[str, Any]
RESULTS = [either({"id": int, "score": float}, {"id": int, "error": str})]  # what score_all returns


def draw_model(rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal(MODEL_SHAPE) / 32.0


def expected_scores(world: Any, record_ids: list[int], model: np.ndarray) -> dict[int, float]:
    """The oracle: what `features` and `score` promise, computed here for all records at once.

    Columns are records: histories (1024, n), hidden (2048, n).
    """
    found = [record_id for record_id in record_ids if record_id not in world.missing]
    histories = np.stack([world.history(record_id) for record_id in found], axis=1)
    vectors = (histories - histories.mean(axis=0)) / histories.std(axis=0)
    hidden = np.tanh(model @ vectors)
    hidden = np.tanh(model @ (vectors + model.T @ hidden))
    return dict(zip(found, (1000.0 * hidden.mean(axis=0)).tolist(), strict=True))


def results_by_id(seen: list[Result], record_ids: list[int]) -> dict[int, Result]:
    """Check that each id has its result, but not their order or scores. Each id occurs once."""
    ids_seen = [result["id"] for result in seen]
    lost, strange = set(record_ids) - set(ids_seen), set(ids_seen) - set(record_ids)
    assert not lost, f"{len(lost)} of {len(record_ids)} ids have no result, for example {min(lost)}."
    assert not strange, f"There is a result for id {min(strange)}, which is not in `record_ids`."
    assert len(seen) == len(record_ids), f"There are {len(record_ids)} ids, but {len(seen)} results."
    return {result["id"]: result for result in seen}


def check_scores(results: dict[int, Result], expected: dict[int, float], *, tolerance: float) -> None:
    wrong = [
        (record_id, results[record_id], value)
        for record_id, value in expected.items()
        if not close(results[record_id].get("score"), value, within=tolerance)
    ]
    assert not wrong, (
        f"{len(wrong)} of {len(expected)} scores differ from the expected ones by more than "
        f"{tolerance:g}. The result for id {wrong[0][0]} is {wrong[0][1]!r}; "
        f"the expected score is {wrong[0][2]!r}."
    )


def check_work(world: Any, seen: list[Result], record_ids: list[int]) -> None:
    """Look at the results first: how a call worked earns nothing if its scores are made up."""
    results = results_by_id(seen, record_ids)
    expected = expected_scores(world, record_ids, world.model)
    check_scores(results, expected, tolerance=COARSE)


def left_by(learner: Any, *, pool_may_stay: bool) -> list[str]:
    """What the calls so far have left behind, once it is gone or has proved to stay."""
    return what_stays(learner, lambda line: not (pool_may_stay and line.endswith(" alive")))


def let_it_end(learner: Any) -> None:
    """Wait until the work of a call that raised has ended: it must not meet the next test's world.

    A worker keeps the model of a failed task until its next garbage collection; we do not wait for that.
    """
    what_stays(learner, lambda line: line.endswith((" unfinished", " unanswered")))


def what_stays(learner: Any, matters: Callable[[str], bool]) -> list[str]:
    """The leftovers that matter, once they are gone or have proved to stay."""
    for _ in range(50):
        left = [line for line in learner.leftovers(within_s=0.0) if matters(line)]
        if not left:
            break
        time.sleep(0.1)
    return left


@behaviour(points=5, category="correctness", required=True, stage=1)
def test_scores_are_right(learner, rng, observe):
    """Every score is the one that the model gives for its record."""
    record_ids, model = learner.world.draw_ids(rng, N_RECORDS), learner.world.model
    seen = learner.call("score_all", record_ids, model, returns=RESULTS, deadline_s=CALL_S)
    results = results_by_id(seen, record_ids)
    expected = expected_scores(learner.world, record_ids, model)
    check_scores(results, expected, tolerance=TOLERANCE)
    observe(len(expected), unit="scores")


@behaviour(points=4, category="correctness", required=True, stage=1)
def test_results_keep_input_order(learner, rng, observe):
    """Results come in the order of the ids, whichever record finishes first."""
    world, record_ids = learner.world, learner.world.draw_ids(rng, 12)
    world.fetch_gates[record_ids[0]] = world.gate(lambda: len(world.scored()) > 0, guard_s=4.0)
    seen = learner.call("score_all", record_ids, world.model, returns=RESULTS, deadline_s=CALL_S)
    check_work(world, seen, record_ids)
    ids_seen = [result["id"] for result in seen]
    in_place = sum(got == wanted for got, wanted in zip(ids_seen, record_ids, strict=False))
    observe(in_place, limit=len(record_ids), unit="in place")
    assert ids_seen == record_ids, (
        "The results are not in the order of the ids. The ids start with "
        f"{record_ids[:4]}, the results with {ids_seen[:4]}."
    )


@behaviour(points=4, category="correctness", required=True, stage=1)
def test_missing_ids_are_reported(learner, rng, observe):
    """An id without a record is reported, and all the others are scored."""
    world = learner.world
    record_ids = world.missing_records(rng, N_RECORDS).args[0]
    seen = learner.call("score_all", record_ids, world.model, returns=RESULTS, deadline_s=CALL_S)
    results = results_by_id(seen, record_ids)
    for record_id in record_ids:
        result = results[record_id]
        if record_id in world.missing:
            wanted = {"id": record_id, "error": "not found"}
            assert result == wanted, (
                f"Id {record_id} has no record. Its result is {result!r}; expected {wanted!r}."
            )
        else:
            assert "score" in result, f"Id {record_id} has a record, but its result is {result!r}."
    check_work(world, seen, record_ids)
    observe(len(world.missing), unit="reported")


@behaviour(points=4, category="correctness", required=True, stage=1)
def test_any_list_of_ids(learner, rng, observe):
    """No ids, one id and repeated ids all get the right results."""
    first, second, third = learner.world.draw_ids(rng, 3)
    requests: list[list[int]] = [[], [first], [first, second, first, first, third, second]]
    for record_ids in requests:
        seen = learner.call("score_all", record_ids, learner.world.model, returns=RESULTS, deadline_s=CALL_S)
        ids_seen = sorted(result["id"] for result in seen)
        assert ids_seen == sorted(record_ids), (
            f"score_all got {len(record_ids)} ids, {record_ids}, and returned {len(seen)} results, "
            f"for the ids {[result['id'] for result in seen]}."
        )
        scores = {(result["id"], round(result.get("score", np.nan), 6)) for result in seen}
        assert len(scores) == len(set(record_ids)), (
            f"score_all got the ids {record_ids}, and results for the same id differ: {seen!r}."
        )
        if record_ids:
            expected = expected_scores(learner.world, record_ids, learner.world.model)
            check_scores({result["id"]: result for result in seen}, expected, tolerance=COARSE)
    observe(len(requests), unit="requests")


@behaviour(points=4, category="correctness", required=True, stage=3)
def test_other_errors_are_raised(learner, rng, observe):
    """A failing store does not mean a missing record: score_all raises."""
    record_ids = learner.world.store_down(rng).args[0]
    (failing,) = learner.world.failing
    try:
        seen = learner.call("score_all", record_ids, learner.world.model, returns=RESULTS, deadline_s=CALL_S)
    except SolutionRaised as raised:
        shown = f"{raised.type_name}: {raised.message}"
        observe(raised.type_name, unit="raised")
        assert "StoreDown" in shown, (
            f"score_all should raise StoreDown, as it is or wrapped by Ray. It raised {shown}"
        )
    else:
        result = next((r for r in seen if r["id"] == failing), None)
        raise AssertionError(
            f"The store failed for id {failing}, but score_all returned instead of raising. The result "
            f"for this id is {result!r}, yet nobody knows whether the record exists."
        )
    finally:
        let_it_end(learner)


@behaviour(points=5, category="correctness", required=True, stage=2)
def test_two_models_never_mix(learner, rng, observe):
    """A call uses the values in its own model, whatever ran before it or runs beside it."""
    world, record_ids = learner.world, learner.world.draw_ids(rng, 12)
    first, second = draw_model(rng), draw_model(rng)

    def check(seen: list[Result], ids: list[int], own: np.ndarray, other: np.ndarray, when: str) -> None:
        results = results_by_id(seen, ids)
        right, mixed = expected_scores(world, ids, own), expected_scores(world, ids, other)
        for record_id in ids:
            got = results[record_id].get("score")
            why = "The other model's" if close(got, mixed[record_id], within=COARSE) else "Neither model's"
            assert close(got, right[record_id], within=COARSE), (
                f"{when}, the score of id {record_id} is {got!r}. Its own model gives "
                f"{right[record_id]!r}, the other model {mixed[record_id]!r}. {why} score came back."
            )

    one, two = learner.scenario(
        "change_in_place",
        record_ids=record_ids,
        first=first,
        second=second,
        returns=(RESULTS, RESULTS),
        deadline_s=CALL_S,
    )
    check(one, record_ids, first, second, "In the first of two calls")
    check(two, record_ids, second, first, "In the second call, with new values in the same array")

    left, right = record_ids[:2], record_ids[2:4]
    world.fetch_gate = world.gate(
        lambda: bool(world.in_flight() & set(left)) and bool(world.in_flight() & set(right)),
        guard_s=3.0,
    )
    calls = [(left, first), (right, second)]
    one, two = learner.scenario("two_at_once", calls=calls, returns=(RESULTS, RESULTS), deadline_s=CALL_S)
    check(one, left, first, second, "Two calls at the same time")
    check(two, right, second, first, "Two calls at the same time")
    observe(4, unit="calls")


@behaviour(points=3, category="correctness", required=True, stage=2)
def test_model_stays_the_callers(learner, rng, observe):
    """The caller's model is the same after the call as before."""
    record_ids = learner.world.draw_ids(rng, 4)
    seen = learner.scenario(
        "look_at_model",
        record_ids=record_ids,
        model=learner.world.model,
        returns={"results": RESULTS, "same_values": bool, "writeable": bool},
        deadline_s=CALL_S,
    )
    check_work(learner.world, seen["results"], record_ids)
    observe("unchanged" if seen["same_values"] and seen["writeable"] else "changed")
    assert seen["same_values"], "score_all changed values in the caller's array."
    assert seen["writeable"], "The caller's array is read-only after score_all; it was not before."


@behaviour(points=12, category="memory", required=True, stage=2)
def test_model_is_stored_once(learner, rng, observe):
    """The model is put into the object store once per call."""
    record_ids, model = learner.world.draw_ids(rng, N_RECORDS), learner.world.model
    with learner.counting() as counts:
        seen = learner.call("score_all", record_ids, model, returns=RESULTS, deadline_s=CALL_S)
    check_work(learner.world, seen, record_ids)
    models = counts.stored_bytes / model.nbytes
    limit_mb = MAX_MODELS_STORED * model.nbytes / 1e6
    observe(round(counts.stored_bytes / 1e6, 1), limit=round(limit_mb, 1), unit="MB")
    assert models <= MAX_MODELS_STORED, (
        f"One call with {len(record_ids)} records put {counts.stored_bytes / 1e6:.0f} MB into the "
        f"object store: {models:.1f} times the model, which takes {model.nbytes / 1e6:.0f} MB."
    )


@behaviour(points=11, category="performance", required=True, stage=1)
def test_fetches_overlap(learner, rng, observe):
    """Fetches wait side by side: at least 8 in flight on 4 CPUs."""
    world = learner.world
    record_ids = world.crowded_store(rng, N_RECORDS).args[0]
    seen = learner.call("score_all", record_ids, world.model, returns=RESULTS, deadline_s=CALL_S)
    check_work(world, seen, record_ids)
    peak = world.ledger.peak("fetch")
    observe(peak, limit=MIN_IN_FLIGHT, unit="in flight")
    assert peak >= MIN_IN_FLIGHT, (
        f"Of {len(record_ids)} fetches, at most {peak} were in flight at the same time; expected at "
        f"least {MIN_IN_FLIGHT}. A fetch waits for the network and needs hardly any CPU."
    )


@behaviour(points=8, category="performance", required=True, stage=3)
def test_slow_fetch_delays_nobody(learner, rng, observe):
    """While one fetch hangs, every other record is fetched and scored."""
    world = learner.world
    record_ids = world.slow_record(rng, N_RECORDS).args[0]
    seen = learner.call("score_all", record_ids, world.model, returns=RESULTS, deadline_s=CALL_S)
    check_work(world, seen, record_ids)
    scored_meanwhile, others = world.scored_meanwhile, set(record_ids[1:])
    observe(len(scored_meanwhile), limit=len(others), unit="scored meanwhile")
    assert scored_meanwhile == others, (
        f"The fetch of one record took a long time. Before it was answered, {len(scored_meanwhile)} of "
        f"the other {len(others)} records were scored; the rest waited for it."
    )


@behaviour(points=7, category="performance", required=True, stage=1)
def test_few_tasks(learner, rng, observe):
    """A call makes at most one task or actor call per record, plus 16."""
    record_ids = learner.world.draw_ids(rng, N_RECORDS)
    with learner.counting() as counts:
        seen = learner.call("score_all", record_ids, learner.world.model, returns=RESULTS, deadline_s=CALL_S)
    check_work(learner.world, seen, record_ids)
    limit = len(record_ids) + SPARE_TASKS
    observe(counts.n_tasks, limit=limit, unit="tasks")
    per_function = ", ".join(f"{n} x {name}" for name, n in sorted(counts.tasks.items()))
    assert counts.n_tasks <= limit, (
        f"{len(record_ids)} records became {counts.n_tasks} tasks and actor calls: {per_function}. "
        f"The limit is {limit}. Each costs about a millisecond; `features` takes a hundredth of that."
    )


@behaviour(points=5, category="performance", required=True, stage=1)
def test_workers_do_the_work(learner, rng, observe):
    """Ray workers fetch and score, and at least two of them score at the same time."""
    world, record_ids = learner.world, learner.world.draw_ids(rng, N_RECORDS)
    most_workers = 0

    def enough_are_scoring() -> bool:
        nonlocal most_workers
        most_workers = max(most_workers, len(world.scoring_pids()))
        return most_workers >= MIN_WORKERS

    world.score_gate = world.gate(enough_are_scoring, guard_s=GUARD_S)
    seen = learner.call("score_all", record_ids, world.model, returns=RESULTS, deadline_s=CALL_S)
    check_work(world, seen, record_ids)
    calls, worker_pids = world.ledger.entries(), learner.worker_pids()
    elsewhere = [call for call in calls if call.pid not in worker_pids]
    in_driver = sum(call.pid == learner.driver_pid for call in elsewhere)
    observe(most_workers, limit=MIN_WORKERS, unit="workers at once")
    assert not elsewhere, (
        f"{len(elsewhere)} of {len(calls)} calls of fetch and score came from outside of Ray's "
        f"workers, {in_driver} of them from the driver."
    )
    assert most_workers >= MIN_WORKERS, (
        f"There were never {MIN_WORKERS} Ray workers scoring at the same time. Processes that scored at "
        f"some point: {len({call.pid for call in calls if call.op == 'score'})}."
    )


@behaviour(points=5, category="resilience", required=True, stage=3)
def test_killed_worker_costs_nothing(learner, rng, observe):
    """No result is lost when one worker is killed in a fetch and another while scoring."""
    world = learner.world
    record_ids = world.dead_workers(rng, N_RECORDS).args[0]
    (in_fetch,), (in_score,) = world.kill_on_fetch, world.kill_on_score
    seen = learner.call("score_all", record_ids, world.model, returns=RESULTS, deadline_s=CALL_S)
    results = results_by_id(seen, record_ids)
    check_scores(results, expected_scores(world, record_ids, world.model), tolerance=COARSE)
    killed = {entry.op for entry in world.ledger.entries(outcome="killed")}
    for op, record_id in (("fetch", in_fetch), ("score", in_score)):
        asked = any(entry.args == (record_id,) for entry in world.ledger.entries(op))
        assert asked, f"service.{op} was never called for id {record_id}."
        if op not in killed:
            void(f"no worker was killed in {op}")
    observe(len(killed), unit="workers killed")


@behaviour(points=3, category="memory", required=True, stage=2)
def test_nothing_is_left_behind(learner, rng, observe):
    """After a call no task is still running, and nothing of it is left in the object store."""
    record_ids = learner.world.draw_ids(rng, N_RECORDS_RACE)
    learner.call("score_all", record_ids, learner.world.model, deadline_s=CALL_S)
    with learner.counting() as counts:
        seen = learner.call("score_all", record_ids, learner.world.model, returns=RESULTS, deadline_s=CALL_S)
    check_work(learner.world, seen, record_ids)
    left = left_by(learner, pool_may_stay=counts.n_actors == 0)
    observe(len(left), limit=0, unit="left")
    assert not left, "Still there after the call: " + "; ".join(left)


@behaviour(points=20, category="performance", stage=3)
def test_speed(race):
    """As fast as the reference on 48 records."""

    def draw(world: Any, rng: np.random.Generator) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (world.draw_ids(rng, N_RECORDS_RACE), draw_model(rng)), {}

    def check(world: Any, args: tuple[Any, ...], kwargs: dict[str, Any], value: list[Result]) -> None:  # noqa: ARG001
        record_ids, model = args
        results = results_by_id(value, record_ids)
        check_scores(results, expected_scores(world, record_ids, model), tolerance=TOLERANCE)

    race.run("score_all", draw=draw, returns=RESULTS, check=check, naive_ratio=6.0, deadline_s=CALL_S)
