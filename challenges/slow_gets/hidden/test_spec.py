"""What score_all must do. One behaviour per test.

No verdict here depends on a clock. Where calls have to meet, the world holds them until they have met or
a guard time is over. In a right program they meet long before that, even on workers that have yet to start.

Whatever is said about calls is said about those that the returned scores were made from: see `World.origins`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from grader.suite import Entry, SolutionRaised, behaviour, close, either, peak, void

MODEL_SHAPE = (2048, 1024)
TOLERANCE = 1e-9  # what the brief promises
COARSE = 1e-3  # tells two models apart, whatever the arithmetic
MIN_IN_FLIGHT = 8
MIN_WORKERS = 2
SPARE_TASKS = 16
N_CALLS = 5
N_MODELS_HELD = (
    24  # right designs: 8 at most, most of it what driver and workers work with; a leak of all: 70
)
MAX_MODELS_STORED = 1.5
N_RECORDS = 24
N_RECORDS_RACE = 48
GUARD_S = 8.0
CALL_S = 25.0  # against hangs only

Result = dict[str, Any]
RESULTS = [either({"id": int, "score": float}, {"id": int, "error": str})]  # what score_all returns


def draw_model(rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal(MODEL_SHAPE) / 32.0


def results_by_id(seen: list[Result], record_ids: list[int]) -> dict[int, Result]:
    """Check that each id has its result, but not their order or scores. Each id occurs once."""
    ids_seen = [result["id"] for result in seen]
    lost, strange = set(record_ids) - set(ids_seen), set(ids_seen) - set(record_ids)
    assert not lost, f"{len(lost)} of {len(record_ids)} ids have no result, for example {min(lost)}."
    assert not strange, f"There is a result for id {min(strange)}, which is not in `record_ids`."
    assert len(seen) == len(record_ids), f"There are {len(record_ids)} ids, but {len(seen)} results."
    return {result["id"]: result for result in seen}


def check_scores(
    world: Any, seen: list[Result], model: np.ndarray, *, tolerance: float = COARSE, since: int = 0
) -> list[Any]:
    """Check that each score is right, and was made from a fetch and a scoring of this call.

    Returns:
        What they were made from: how a call worked is judged on these entries, not on calls made for show.
    """
    scores = [(result["id"], result["score"]) for result in seen if "score" in result]
    origins: list[Any] = world.origins(scores, model, since=since)
    wrong = [origin for origin in origins if not origin.is_right(within=tolerance)]
    if wrong:
        first = wrong[0]
        if first.scoring is None:
            why = "no call of service.score for this id gave a score"
        elif first.fetch is None:
            why = "no fetch of this id was answered during this call"
        else:
            why = f"its record gives {first.expected!r}, and service.score gave {first.scored_as!r}"
        raise AssertionError(
            f"{len(wrong)} of {len(scores)} scores differ from the expected ones by more than {tolerance:g}. "
            f"The score returned for id {first.record_id} is {first.returned!r}; {why}."
        )
    return origins


def check_work(
    world: Any,
    seen: list[Result],
    record_ids: list[int],
    model: np.ndarray | None = None,
    *,
    tolerance: float = COARSE,
    since: int = 0,
) -> list[Any]:
    """Look at the results first: how a call worked earns nothing if its scores are made up."""
    results = results_by_id(seen, record_ids)
    for record_id in record_ids:
        wanted = "error" if record_id in world.missing else "score"
        assert wanted in results[record_id], (
            f"The result for id {record_id} is {results[record_id]!r}; expected one with {wanted!r}."
        )
    return check_scores(
        world, seen, world.model if model is None else model, tolerance=tolerance, since=since
    )


def check_workers(learner: Any, entries: list[Entry]) -> None:
    """Check that calls were made by Ray workers."""
    worker_pids = learner.worker_pids()
    elsewhere = [entry for entry in entries if entry.pid not in worker_pids]
    in_driver = sum(entry.pid == learner.driver_pid for entry in elsewhere)
    operations = " and ".join(sorted({entry.op for entry in elsewhere}))
    assert not elsewhere, (
        f"{len(elsewhere)} of {len(entries)} calls of {operations} came from outside of Ray's "
        f"workers, {in_driver} of them from the driver."
    )


def fetches(origins: list[Any]) -> list[Entry]:
    """The fetches whose records were scored, each once."""
    return list({origin.fetch.number: origin.fetch for origin in origins}.values())


def scorings(origins: list[Any]) -> list[Entry]:
    """The scorings whose scores were returned, each once."""
    return list({origin.scoring.number: origin.scoring for origin in origins}.values())


def processes_at_once(entries: list[Entry]) -> int:
    """How many processes had one of these entries open at the same time, at most."""
    at_starts = [{e.pid for e in entries if e.start_s <= start.start_s < e.end_s} for start in entries]
    return max(map(len, at_starts), default=0)


def left_by(learner: Any, *, pool_may_stay: bool) -> list[str]:
    """What the calls so far have left behind, once it is gone or has proved to stay."""
    return what_stays(learner, lambda line: not (pool_may_stay and line.endswith(" alive")))


def unfinished(learner: Any) -> list[str]:
    """What a call that raised is still doing, once it has ended or has proved to go on.

    A worker keeps the model of a failed task until its next garbage collection; we do not wait for that.
    """
    return what_stays(learner, lambda line: line.endswith((" unfinished", " unanswered")))


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
    origins = check_work(learner.world, seen, record_ids, tolerance=TOLERANCE)
    observe(len(origins), unit="scores")


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
    check_work(world, seen, record_ids)
    observe(len(world.missing), unit="reported")


@behaviour(points=4, category="correctness", required=True, stage=1)
def test_any_list_of_ids(learner, rng, observe):
    """No ids, one id and repeated ids all get the right results."""
    first, second, third = learner.world.draw_ids(rng, 3)
    requests: list[list[int]] = [[], [first], [first, second, first, first, third, second]]
    for record_ids in requests:
        since = learner.world.ledger.count()
        seen = learner.call("score_all", record_ids, learner.world.model, returns=RESULTS, deadline_s=CALL_S)
        ids_seen = sorted(result["id"] for result in seen)
        assert ids_seen == sorted(record_ids), (
            f"score_all got {len(record_ids)} ids, {record_ids}, and returned {len(seen)} results, "
            f"for the ids {[result['id'] for result in seen]}."
        )
        unscored = [result for result in seen if "score" not in result]
        assert not unscored, f"Every record is there, but {unscored[:1]!r} is among the results."
        check_scores(learner.world, seen, learner.world.model, since=since)
    observe(len(requests), unit="requests")


@behaviour(points=4, category="correctness", required=True, stage=3)
def test_other_errors_are_raised(learner, rng, observe):
    """A failing store does not mean a missing record: score_all raises, and its work ends."""
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
        left = unfinished(learner)
    assert not left, "Long after score_all has raised there is still: " + "; ".join(left)


@behaviour(points=5, category="correctness", required=True, stage=2)
def test_two_models_never_mix(learner, rng, observe):
    """A call uses the values in its own model, whatever ran before it or runs beside it."""
    world, record_ids = learner.world, learner.world.draw_ids(rng, 12)
    first, second = draw_model(rng), draw_model(rng)

    def check(seen: list[Result], ids: list[int], own: np.ndarray, other: np.ndarray, when: str) -> list[Any]:
        results_by_id(seen, ids)
        scores = [(result["id"], result["score"]) for result in seen if "score" in result]
        for right, mixed in zip(world.origins(scores, own), world.origins(scores, other), strict=True):
            got = right.returned
            why = "The other model's" if close(got, mixed.expected, within=COARSE) else "Neither model's"
            assert close(got, right.expected, within=COARSE), (
                f"{when}, the score of id {right.record_id} is {got!r}. Its own model gives "
                f"{right.expected!r}, the other model {mixed.expected!r}. {why} score came back."
            )
        return check_work(world, seen, ids, own)

    one, two = learner.scenario(
        "change_in_place",
        record_ids=record_ids,
        first=first,
        second=second,
        returns=(RESULTS, RESULTS),
        deadline_s=CALL_S,
    )
    before = check(one, record_ids, first, second, "In the first of two calls")
    after = check(two, record_ids, second, first, "In the second call, with new values in the same array")
    kept = {entry.number for entry in fetches(before)} & {entry.number for entry in fetches(after)}
    assert not kept, f"The second call scored {len(kept)} records that were fetched in the first."

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
    check_workers(learner, scorings(check_work(learner.world, seen, record_ids)))
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
    used = fetches(check_work(world, seen, record_ids))
    check_workers(learner, used)
    in_flight = peak(used)
    observe(in_flight, limit=MIN_IN_FLIGHT, unit="in flight")
    assert in_flight >= MIN_IN_FLIGHT, (
        f"Of the {len(used)} fetches that were used, at most {in_flight} were in flight at the same time; "
        f"expected at least {MIN_IN_FLIGHT}. A fetch waits for the network and needs hardly any CPU."
    )


@behaviour(points=8, category="performance", required=True, stage=3)
def test_slow_fetch_delays_nobody(learner, rng, observe):
    """While one fetch hangs, every other record is fetched and scored."""
    world = learner.world
    record_ids = world.slow_record(rng, N_RECORDS).args[0]
    seen = learner.call("score_all", record_ids, world.model, returns=RESULTS, deadline_s=CALL_S)
    origins = check_work(world, seen, record_ids)
    check_workers(learner, fetches(origins) + scorings(origins))
    (slow,) = (origin.fetch for origin in origins if origin.record_id in world.fetch_gates)
    ends = [origin.scoring.end_s for origin in origins if origin.fetch is not slow]
    before, beside = (
        sum(end < slow.end_s for end in ends),
        sum(slow.start_s < end < slow.end_s for end in ends),
    )
    observe(before if beside else 0, limit=len(ends), unit="scored meanwhile")
    assert beside, "While the fetch of one record took a long time, no other record was scored."
    assert before == len(ends), (
        f"The fetch of one record took a long time. Before it was answered, {before} of "
        f"the other {len(ends)} records were scored; the rest waited for it."
    )


@behaviour(points=7, category="performance", required=True, stage=1)
def test_few_tasks(learner, rng, observe):
    """A call makes at most one task or actor call per record, plus 16."""
    record_ids = learner.world.draw_ids(rng, N_RECORDS)
    with learner.counting() as counts:
        seen = learner.call("score_all", record_ids, learner.world.model, returns=RESULTS, deadline_s=CALL_S)
    check_workers(learner, scorings(check_work(learner.world, seen, record_ids)))
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
    world, record_ids = learner.world, learner.world.draw_ids(rng, N_RECORDS_RACE)
    world.score_gate = world.gate(lambda: len(world.scoring_pids()) >= MIN_WORKERS, guard_s=GUARD_S)
    seen = learner.call("score_all", record_ids, world.model, returns=RESULTS, deadline_s=CALL_S)
    used = scorings(check_work(world, seen, record_ids))
    most_workers = processes_at_once(used)
    observe(most_workers, limit=MIN_WORKERS, unit="workers at once")
    check_workers(learner, world.ledger.entries())
    assert most_workers >= MIN_WORKERS, (
        f"There were never {MIN_WORKERS} Ray workers scoring at the same time. Processes that scored at "
        f"some point: {len({entry.pid for entry in used})}."
    )


@behaviour(points=5, category="resilience", required=True, stage=3)
def test_killed_worker_costs_nothing(learner, rng, observe):
    """No result is lost when one worker is killed in a fetch and another after scoring."""
    world = learner.world
    record_ids = world.dead_workers(rng, N_RECORDS).args[0]
    (in_fetch,), (in_score,) = world.kill_on_fetch, world.kill_on_score
    seen = learner.call("score_all", record_ids, world.model, returns=RESULTS, deadline_s=CALL_S)
    origins = check_work(world, seen, record_ids)
    check_workers(learner, fetches(origins) + scorings(origins))
    killed = {entry.op for entry in world.ledger.entries(outcome="killed")}
    for op, record_id in (("fetch", in_fetch), ("score", in_score)):
        asked = any(entry.args == (record_id,) for entry in world.ledger.entries(op))
        assert asked, f"service.{op} was never called for id {record_id}."
        if op not in killed:
            void(f"no worker was killed in {op}")
    observe(len(killed), unit="workers killed")


@behaviour(points=3, category="memory", required=True, stage=2)
def test_nothing_is_left_behind(learner, rng, observe):
    """After a call no task is still running, and no copy of its model is kept, in the object store or not."""
    record_ids = learner.world.draw_ids(rng, N_RECORDS_RACE)
    learner.call("score_all", record_ids[:N_RECORDS], learner.world.model, deadline_s=CALL_S)
    with learner.memory() as held:
        for _ in range(N_CALLS):
            learner.call("score_all", record_ids[:N_RECORDS], draw_model(rng), deadline_s=CALL_S)
    since = learner.world.ledger.count()
    with learner.counting() as counts:
        seen = learner.call("score_all", record_ids, learner.world.model, returns=RESULTS, deadline_s=CALL_S)
    check_workers(learner, scorings(check_work(learner.world, seen, record_ids, since=since)))
    left = left_by(learner, pool_may_stay=counts.n_actors == 0)
    model_mb, grown_mb = learner.world.model.nbytes / 1e6, held.peak_bytes / 1e6
    observe(round(grown_mb), limit=round(N_MODELS_HELD * model_mb), unit="MB held")
    assert grown_mb <= N_MODELS_HELD * model_mb, (
        f"In {N_CALLS} calls, each with its own model of {model_mb:.0f} MB, driver, workers and GCS came to "
        f"hold {grown_mb:.0f} MB more than before, the object store left out: copies are kept."
    )
    assert not left, "Still there after the call: " + "; ".join(left)


@behaviour(points=20, category="performance", stage=3)
def test_speed(learner, race):
    """As fast as the reference on 48 records."""

    def draw(world: Any, rng: np.random.Generator) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (world.draw_ids(rng, N_RECORDS_RACE), draw_model(rng)), {}

    def check(world: Any, args: tuple[Any, ...], kwargs: dict[str, Any], value: list[Result]) -> None:  # noqa: ARG001
        record_ids, model = args
        origins = check_work(world, value, record_ids, model, tolerance=TOLERANCE)
        assert [result["id"] for result in value] == record_ids, "Results are not in the order of the ids."
        if learner.side.world is world:  # the reference has workers of its own
            check_workers(learner, fetches(origins) + scorings(origins))

    race.run("score_all", draw=draw, returns=RESULTS, check=check, naive_ratio=6.0, deadline_s=CALL_S)
