"""What process_orders has to do: one behaviour per test.

Every answer of the service is a new number that the next step presents. So the tracking numbers in a result
tell which calls they came from, and what overlapped or repeated is judged on these.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import numpy as np
import psutil

from grader.suite import Entry, behaviour, either, named, peak, void

GRACE_S = 1.0  # how long after its deadline a call may return
GUARD_S = 1.15  # how long after its deadline a call is stopped
PRICE_LIMIT = 4
READY_WITHIN_S = 40.0  # starting processes on a busy machine
MAX_WORKERS = 6
SETTLE_S = 3.0  # how long cancelled work may take to go away
STEPS = ("take_back", "reserve", "price", "ship")
SHOWN = 5
PATIENT_S = 10.0  # the deadline on a machine with more to run than CPUs
MANY, MANY_S = 60, 30.0  # orders and deadline of a round, and of a behaviour that is no round

Order = dict[str, Any]
OUTCOME = {"done": {str: str}, "timed_out": [str], "failed": {str: str}}  # what process_orders returns
OUTCOME_OR_ERROR = either(named(OUTCOME, "process_orders()"), str)


def ids_of(orders: list[Order]) -> list[str]:
    return [order["id"] for order in orders]


def listed(ids: list[str]) -> str:
    shown = ", ".join(ids[:SHOWN])
    return shown if len(ids) <= SHOWN else f"{shown} and {len(ids) - SHOWN} more"


def shown(call: Entry) -> str:
    return f"`{call.op}` of order {call.args[0]}"


def assert_outcome(
    world: Any,
    seen: dict[str, Any],
    orders: list[Order],
    *,
    failed: dict[str, str] | None = None,
    timed_out: set[str] | frozenset[str] = frozenset(),
) -> list[Entry]:
    """Assert that the result holds each order once, where it belongs, with what came of honest calls.

    Returns:
        The calls whose answers led to the tracking numbers in the result.
    """
    assert_places(seen, orders, failed=failed or {}, timed_out=timed_out)
    assert_calls(world, orders)
    used = []
    for order in orders:
        if order["id"] in seen["done"]:
            tracking = seen["done"][order["id"]]
            behind = world.calls_behind(tracking, order["id"])
            assert behind, (
                f"{tracking!r:.60} is no tracking number of order {order['id']}; `ship` returned another"
            )
            used += behind
    return used


def assert_places(
    seen: dict[str, Any],
    orders: list[Order],
    *,
    failed: dict[str, str],
    timed_out: set[str] | frozenset[str],
) -> None:
    """Assert that each order is in one place, and in the right one."""
    places = Counter([*seen["done"], *seen["timed_out"], *seen["failed"]])
    missing = [i for i in ids_of(orders) if not places[i]]
    assert not missing, (
        f"{len(missing)} of {len(orders)} orders are missing from the result: {listed(missing)}"
    )
    twice = [i for i, count in places.items() if count > 1]
    assert not twice, f"these orders are in the result more than once: {listed(twice)}"
    strange = [i for i in places if i not in set(ids_of(orders))]
    assert not strange, f"these ids were not in the batch: {listed(strange)}"

    for order_id in ids_of(orders):
        where = "failed" if order_id in failed else "timed_out" if order_id in timed_out else "done"
        found = next(key for key in OUTCOME if order_id in seen[key])
        detail = f" (reason: {seen['failed'][order_id]!r})" if found == "failed" else ""
        assert found == where, f"order {order_id} is in `{found}`{detail}; it belongs in `{where}`"
        if where == "failed":
            assert seen["failed"][order_id] == failed[order_id], (
                f"the reason for order {order_id} is {seen['failed'][order_id]!r}; "
                f"the service said {failed[order_id]!r}"
            )


def assert_calls(world: Any, orders: list[Order]) -> None:
    """Assert that Ray workers made all calls, and repeated none unless a worker had died."""
    calls, workers = world.calls(orders), world.worker_pids()
    elsewhere = [call for call in calls if call.pid not in workers]
    assert not elsewhere, (
        f"{shown(elsewhere[0])} was called by process {elsewhere[0].pid}, which is no Ray worker "
        f"({len(elsewhere)} of {len(calls)} calls came from outside of Ray's workers)"
    )
    deaths = [call for call in calls if call.outcome == "killed"]
    last: dict[tuple[str, str], Entry] = {}
    for call in calls:
        before, last[call.op, call.args[0]] = last.get((call.op, call.args[0])), call
        of_first_try = before and world.is_second_try and not psutil.pid_exists(before.pid)
        assert before is None or of_first_try or may_repeat(before, call, deaths), (
            f"{shown(call)} was called again although {'the' if call.op == 'ship' else 'no'} worker "
            f"{'that had called it first was alive' if call.op == 'ship' else 'had died'}"
        )


def may_repeat(before: Entry, call: Entry, deaths: list[Entry]) -> bool:
    """Whether a death explains that a step was called again; for a shipment, its own worker's."""
    if before.outcome == "dropped" and not psutil.pid_exists(before.pid):
        return True
    deaths = [death for death in deaths if death.end_s is not None and death.end_s < call.start_s]
    return any(call.op != "ship" or death.pid == before.pid for death in deaths)


def assert_price_limit(world: Any, orders: list[Order]) -> int:
    """Assert that at most four prices of these orders ran at a time; return how many did."""
    most = peak(call for call in world.calls(orders) if call.op == "price")
    assert most <= PRICE_LIMIT, f"{most} prices ran at a time; the limit is four"
    return most


def start_workers(learner: Any, n_orders: int) -> None:
    """Start worker processes before the clock runs: for the CPUs, for actors and for calls that only wait."""
    n_workers = min(max(n_orders, PRICE_LIMIT), MAX_WORKERS)
    learner.scenario("ready", n_workers=n_workers, deadline_s=READY_WITHIN_S)


def process_now(
    learner: Any, orders: list[Order], *, deadline_s: float, stuck: set[str] | frozenset[str] = frozenset()
) -> tuple[Any, float, float]:
    """Process one batch right away; return the result, the seconds by the judge's clock, and the deadline.

    On a crowded machine, orders that nothing holds up can miss a deadline that is usually generous. Then
    there is a second try with more time: what never ends will miss that too.
    """
    while True:
        learner.world.since = learner.world.ledger.count()
        start_s = time.monotonic()
        seen = learner.scenario(
            "process",
            orders=orders,
            within_s=deadline_s,
            returns=named(OUTCOME, "process_orders()"),
            deadline_s=deadline_s + GUARD_S,
        )
        took_s = time.monotonic() - start_s
        if deadline_s >= PATIENT_S or not learner.is_crowded() or not missed(seen, stuck):
            return seen, took_s, deadline_s
        deadline_s = PATIENT_S
        learner.world.is_second_try = True
        learner.leftovers(within_s=SETTLE_S)


def missed(seen: dict[str, Any], stuck: set[str] | frozenset[str]) -> bool:
    """Whether orders are reported as timed out although nothing holds them up."""
    return any(order_id not in stuck for order_id in seen["timed_out"])


def process(
    learner: Any, orders: list[Order], *, deadline_s: float, stuck: set[str] | frozenset[str] = frozenset()
) -> Any:
    """Start the workers, then process one batch and return the result."""
    return timed(learner, orders, deadline_s=deadline_s, stuck=stuck)[0]


def timed(
    learner: Any, orders: list[Order], *, deadline_s: float, stuck: set[str] | frozenset[str] = frozenset()
) -> tuple[Any, float, float]:
    """Do the same; return the seconds it took and its deadline as well."""
    start_workers(learner, len(orders))
    return process_now(learner, orders, deadline_s=deadline_s, stuck=stuck)


def no_open_calls(world: Any, within_s: float) -> list[str]:
    """List the calls to the service that are still open after `within_s` seconds."""
    give_up_s = time.monotonic() + within_s
    while (world.open() or world.watching) and time.monotonic() < give_up_s:
        time.sleep(0.02)
    return [f"{entry.op}({entry.args[0]})" for entry in world.open()]


@behaviour(points=7, category="correctness", required=True, stage=1)
def test_many_customers(learner, rng, observe):
    """Orders of many customers are done, with their tracking numbers."""
    orders = learner.world.draw_orders(rng, 8, customers=6)
    seen = process(learner, orders, deadline_s=2.5)
    assert_outcome(learner.world, seen, orders)
    observe(len(orders), unit="orders")


@behaviour(points=6, category="correctness", required=True, stage=1)
def test_hazardous_order(learner, rng, observe):
    """A hazardous order is done like any other."""
    orders = learner.world.draw_orders(rng, 3, customers=2)
    orders[1]["hazardous"] = True
    seen = process(learner, orders, deadline_s=2.0)
    assert_outcome(learner.world, seen, orders)
    observe(len(orders), unit="orders")


@behaviour(points=6, category="correctness", required=True, stage=1)
def test_exchange(learner, rng, observe):
    """An exchange is done after its old goods are taken back."""
    orders = learner.world.draw_orders(rng, 3, customers=2)
    orders[1]["kind"] = "exchange"
    seen = process(learner, orders, deadline_s=2.0)
    assert_outcome(learner.world, seen, orders)
    taken = [entry.args[0] for entry in learner.world.ledger.entries("take_back")]
    assert set(taken) == {orders[1]["id"]}, (
        f"goods were taken back for {listed(taken)}; the only exchange is {orders[1]['id']}"
    )
    observe(len(orders), unit="orders")


@behaviour(points=6, category="correctness", required=True, stage=1)
def test_express_order(learner, rng, observe):
    """An express order is done like any other."""
    orders = learner.world.draw_orders(rng, 3, customers=2)
    orders[1]["express"] = True
    seen = process(learner, orders, deadline_s=2.0)
    assert_outcome(learner.world, seen, orders)
    observe(len(orders), unit="orders")


@behaviour(points=7, category="correctness", required=True, stage=1)
def test_failed_orders_keep_their_reason(learner, rng, observe):
    """Refused orders keep their reason; the others are done."""
    world = learner.world
    orders = world.refused_orders(rng).inputs["orders"]
    failed = {order_id: reason for (_, order_id), (_, reason) in world.refusals.items()}
    (no_stock,) = (order_id for op, order_id in world.refusals if op == "reserve")
    seen = process(learner, orders, deadline_s=2.5)
    assert_outcome(world, seen, orders, failed=failed)
    further = [e.op for e in world.calls(orders) if e.args[0] == no_stock and e.op != "reserve"]
    assert not further, f"order {no_stock} was out of stock and still went on to {', '.join(further)}"
    observe(len(failed), unit="failed orders")


@behaviour(points=7, category="correctness", required=True, stage=2)
def test_no_order_is_lost(learner, rng, observe):
    """Of sixty orders from one customer, none is lost."""
    orders, world = learner.world.draw_orders(rng, MANY, customers=1), learner.world
    seen = process(learner, orders, deadline_s=MANY_S)
    shipped = {entry.args[0] for entry in world.ledger.entries("ship")}
    observe(len(shipped), limit=len(orders), unit="orders shipped")
    assert_outcome(world, seen, orders)


@behaviour(points=6, category="correctness", required=True, stage=2)
def test_a_hundred_wait(learner, rng, observe):
    """A hundred orders wait at the same time."""
    world = learner.world
    trial = world.all_wait(rng)
    orders = trial.inputs["orders"]
    seen = process(learner, orders, deadline_s=trial.inputs["within_s"])
    used = assert_outcome(world, seen, orders)
    for op in world.meet_at:
        most = peak(call for call in used if call.op == op)
        observe(most, limit=len(orders), unit="orders waiting")
        assert most == len(orders), (
            f"of {len(orders)} orders, at most {most} were waiting in `{op}` at a time; all of them can"
        )


@behaviour(points=5, category="correctness", stage=2)
def test_nothing_is_awaited(learner, rng, observe):
    """When nothing is stuck, the call does not wait for its deadline."""
    orders, deadline_s = learner.world.draw_orders(rng, 3, customers=2), 20.0
    seen, took_s, _ = timed(learner, orders, deadline_s=deadline_s)
    observe(round(took_s, 2), limit=deadline_s / 4, unit="s")
    assert_outcome(learner.world, seen, orders)
    assert took_s < deadline_s / 4, (
        f"3 orders took {took_s:.1f} s although none was stuck; the deadline was {deadline_s:.0f} s"
    )
    seen, took_s, _ = timed(learner, [], deadline_s=deadline_s)
    assert_outcome(learner.world, seen, [])
    assert took_s < deadline_s / 4, f"an empty batch took {took_s:.1f} s"


@behaviour(points=8, category="correctness", required=True, stage=2)
def test_four_prices_at_a_time(learner, rng, observe):
    """Four prices run at a time, no fewer and no more.

    The upper limit also holds while two batches are processed at the same time.
    """
    world = learner.world
    world.prices_together = PRICE_LIMIT
    orders = learner.world.draw_orders(rng, 12, customers=6)
    seen = process(learner, orders, deadline_s=PATIENT_S)
    used = assert_outcome(world, seen, orders)
    most = peak(call for call in used if call.op == "price")
    observe(most, limit=PRICE_LIMIT, unit="prices at a time")
    assert most >= PRICE_LIMIT, f"at most {most} prices ran at a time; there are enough CPUs for four"
    assert_price_limit(world, orders)

    batches = [learner.world.draw_orders(rng, 12, customers=6) for _ in range(2)]
    outcomes = learner.scenario(
        "two_at_once",
        batches=batches,
        within_s=PATIENT_S,
        returns=(OUTCOME_OR_ERROR,) * len(batches),
        deadline_s=PATIENT_S + GUARD_S,
    )
    for batch, outcome in zip(batches, outcomes, strict=True):
        assert not isinstance(outcome, str), f"of two calls at the same time, one raised {outcome}"
        assert_outcome(world, outcome, batch)
    observe(assert_price_limit(world, [*batches[0], *batches[1]]), limit=PRICE_LIMIT, unit="prices at a time")


@behaviour(points=8, category="resilience", stage=3)
def test_worker_killed(learner, rng, observe):
    """No order is lost when workers die in the middle of `reserve`, `price` and `ship`."""
    world = learner.world
    trial = world.dead_workers(rng)
    orders = trial.inputs["orders"]
    seen = process(learner, orders, deadline_s=trial.inputs["within_s"])
    killed = [entry.op for entry in world.ledger.entries(outcome="killed")]
    observe(len(killed), limit=len(world.kill_at), unit="workers killed")
    for op, number in world.kill_at.items():
        calls = world.ledger.count(op)
        assert calls > number, f"`{op}` was called only {calls} times for {len(orders)} orders"
        if op not in killed:
            void(f"no worker was killed while it called `{op}`")
    assert_outcome(world, seen, orders)


@behaviour(points=2, category="resilience", stage=3)
def test_nothing_left_behind(learner, rng, observe):
    """Nothing is left on the cluster."""
    orders = learner.world.draw_orders(rng, 3, customers=2)
    before = set(learner.leftovers(within_s=SETTLE_S))
    seen = process(learner, orders, deadline_s=3.0)
    assert_outcome(learner.world, seen, orders)
    left = [what for what in learner.leftovers(within_s=SETTLE_S) if what not in before]
    observe(len(left), limit=0, unit="left")
    assert not left, f"left behind: {'; '.join(left)}"


@behaviour(points=8, category="resilience", required=True, stage=3)
def test_deadline_is_kept(learner, rng, observe):
    """The deadline is kept while six shipments never return."""
    world, deadline_s = learner.world, 2.5
    orders = world.stuck_ships(rng).inputs["orders"]
    stuck = world.stuck_ids
    seen, took_s, deadline_s = timed(learner, orders, deadline_s=deadline_s, stuck=stuck)
    observe(round(took_s, 2), limit=deadline_s + GRACE_S, unit="s")
    assert_outcome(world, seen, orders, timed_out=stuck)
    assert took_s <= deadline_s + GRACE_S, (
        f"the deadline was {deadline_s} s, but the call took {took_s:.2f} s"
    )


@behaviour(points=8, category="resilience", required=True, stage=3)
def test_stuck_work_is_cancelled(learner, rng, observe):
    """Stuck work is stopped, and its CPUs can be used again."""
    world, deadline_s = learner.world, 2.5
    orders = world.stuck_steps(rng).inputs["orders"]
    stuck = world.stuck_ids
    seen = process(learner, orders, deadline_s=deadline_s, stuck=stuck)
    assert_outcome(world, seen, orders, timed_out=stuck)
    assert_price_limit(world, orders)
    learner.scenario("probe_cpus", ticket=world.ticket, deadline_s=25.0)
    probes = peak(world.ledger.entries("probe", "ok"))
    observe(probes, limit=PRICE_LIMIT, unit="CPUs usable")
    assert probes == PRICE_LIMIT, (
        f"after the call, {PRICE_LIMIT} tasks with one CPU each were started, "
        f"but only {probes} ran at a time: stuck work still holds a CPU"
    )
    still_open = no_open_calls(world, SETTLE_S)
    assert not still_open, f"after the call, these service calls were still open: {listed(still_open)}"
    outlived = [shown(call) for call in world.outlived]
    assert not outlived, (
        f"{listed(outlived)} never returns, but its process hung up and lived on; "
        "only the end of its process ends such a call"
    )


@behaviour(points=5, category="resilience", stage=3)
def test_second_call_is_unaffected(learner, rng, observe):
    """A batch is not affected by the stuck orders of another, at the same time or before it."""
    world = learner.world
    first = world.stuck_ships(rng, n=9).inputs["orders"]
    second, third = (world.draw_orders(rng, 6, customers=3) for _ in range(2))
    within_s = [2 * PATIENT_S, PATIENT_S] if learner.is_crowded() else [6.0, 4.0]
    start_workers(learner, len(first) + len(second))
    outcomes = learner.scenario(
        "beside_a_stuck_one",
        stuck=first,
        orders=second,
        within_s=within_s,
        returns=(OUTCOME_OR_ERROR,) * 2,
        deadline_s=within_s[0] + GUARD_S,
    )
    for outcome in outcomes:
        assert not isinstance(outcome, str), f"of two calls at the same time, one raised {outcome}"
    assert_outcome(world, outcomes[0], first, timed_out=world.stuck_ids)
    used = assert_outcome(world, outcomes[1], second)
    (began,) = world.ledger.entries("all_stuck", "ok") or (None,)
    assert began, "the stuck orders of the first batch did not get as far as the service"
    due_s = began.end_s + within_s[1]
    late = [shown(call) for call in used if call.end_s > due_s]
    assert not late, f"{listed(late)} had to wait until a batch with stuck orders had returned"
    seen, _, _ = process_now(learner, third, deadline_s=2.5)
    assert_outcome(world, seen, third)
    observe(len(second) + len(third), unit="orders")


@behaviour(points=11, category="performance", stage=3)
def test_speed(learner, race, rng):
    """The speed matches the reference with 60 orders, three of them late."""
    few = learner.world.draw_orders(rng, 5, customers=5)
    assert_outcome(learner.world, process(learner, few, deadline_s=3.0), few)
    before = set(learner.leftovers(within_s=SETTLE_S))
    rounds: list[set[int]] = []  # which processes made the calls

    def draw(world: Any, rng: np.random.Generator) -> tuple[tuple[Any, ...], dict[str, Any]]:
        orders = world.slow_carriers(rng, n=MANY, customers=20).inputs["orders"]
        return (orders,), {"deadline_s": MANY_S}

    def check(world: Any, args: tuple[Any, ...], _kwargs: dict[str, Any], value: Any) -> None:
        assert_outcome(world, value, args[0])
        assert_price_limit(world, args[0])
        rounds.append({call.pid for call in world.calls(args[0])})

    race.run("process_orders", draw=draw, returns=OUTCOME, check=check, naive_ratio=2.5, deadline_s=20.0)
    actors = {row.pid for row in learner.look("actors").actors}
    served = Counter(pid for pids in rounds for pid in pids & actors)
    assert not served or max(served.values()) == 1, "an actor of one batch was kept and served another one"
    left = [what for what in learner.leftovers(within_s=SETTLE_S) if what not in before]
    assert not left, f"left behind by the timed rounds: {'; '.join(left)}"
