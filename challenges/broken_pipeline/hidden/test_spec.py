"""What run_pipeline must do: one behaviour per test.

No verdict here depends on a clock. Where calls have to meet, the world holds them until they have met or
a guard time is over; in a correct program they meet long before.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from grader.suite import Entry, SolutionRaised, behaviour, either, named, peak, promised, same, void

CALL_S = 25.0  # only against hangs
READY_WITHIN_S = 40.0
GUARD_S = 8.0  # how long calls wait for each other
LINGER_S = 0.5  # and how long after that for one too many
SETTLE_S = 5.0
N_PARTS = 4
N_CPUS = 4
N_WORKERS = 8  # started before calls have to meet
HUGE_CENTS = 10**15  # sums of such amounts are exact as ints, not as floats
SHOWN = 4
RACE_BATCHES = 16
RACE_LIMIT = 4  # as many as there are CPUs: Ray ends idle workers beyond that, even between two rounds
RACE_ENRICH_S, RACE_TRANSFORM_S, RACE_WRITE_S = 0.08, 0.008, 0.08  # the transform's: per record
RACE_SLOW_S = 1.3  # so long that starting a process, as designs with an actor have to, hardly counts
RACE_SLOW = (("enrich", 0), ("write", 4), ("enrich", 8))
NAIVE_RATIO = 2.0
STEPS = ("enrich", "transform", "write")

Batch = list[dict[str, Any]]
REPORT = {"accepted": int, "rejected": [(str, str)], "totals": {str: int}}  # what run_pipeline returns
RETURNED = named(REPORT, "run_pipeline()")
STREAMED = {"report": either(RETURNED, None), "error": str, "is_the_sources": bool, "is_closed": bool}
ROW = {"id": str, "customer": str, "cents": int, "stamp": int}


# -- days ----------------------------------------------------------------------------------------


def ids_of(batches: list[Batch]) -> list[str]:
    return [record["id"] for batch in batches for record in batch]


def listed(values: Any) -> str:
    shown = sorted(map(str, values))
    more = f" and {len(shown) - SHOWN} more" if len(shown) > SHOWN else ""
    return ", ".join(shown[:SHOWN]) + more


# -- what has to hold ----------------------------------------------------------------------------


def check_rejected(world: Any, seen: dict[str, Any], batches: list[int]) -> None:
    """Each bad record of these batches is rejected once and for its reason; no other record is rejected."""
    reasons = world.reasons()
    ids = set(ids_of([world.batches[batch] for batch in batches]))
    expected = {record_id: reasons[record_id] for record_id in ids & set(reasons)}
    places = Counter(record_id for record_id, _ in seen["rejected"])
    found = dict(seen["rejected"])
    twice = [record_id for record_id, count in places.items() if count > 1]
    assert not twice, f"these records were rejected more than once: {listed(twice)}"
    wrongly = set(found) - set(expected)
    assert not wrongly, (
        f"{len(wrongly)} records were rejected but should not have been, for example {min(wrongly)} "
        f"for the reason {found[min(wrongly)]!r}"
    )
    missing = set(expected) - set(found)
    assert not missing, (
        f"{len(missing)} of {len(expected)} bad records are not in `rejected`, "
        f"for example {min(missing)}: {expected[min(missing)]!r}"
    )
    for record_id, reason in expected.items():
        assert found[record_id] == reason, (
            f"{record_id} was rejected for the reason {found[record_id]!r}, but the service said {reason!r}"
        )


def check_totals(world: Any, seen: dict[str, Any], batches: list[int]) -> None:
    """The totals match the accepted records of these batches, to the cent."""
    rows = [row for batch in batches for row in world.rows_of(batch)]
    expected: Counter[str] = Counter()
    for row in rows:
        expected[row["customer"]] += row["cents"]
    wrong = {c for c in expected if seen["totals"].get(c) != expected[c]}
    assert not wrong, (
        f"the totals of {len(wrong)} of {len(expected)} customers are wrong, for example {min(wrong)}: "
        f"{seen['totals'].get(min(wrong), 'missing')}, expected {expected[min(wrong)]}"
    )
    strange = set(seen["totals"]) - set(expected)
    assert not strange, f"`totals` holds customers without an accepted record: {listed(strange)}"
    assert seen["accepted"] == len(rows), (
        f"`accepted` is {seen['accepted']}, but {len(rows)} records are good"
    )


def check_sink(world: Any, batches: list[int]) -> None:
    """The sink holds each accepted row of these batches exactly once, and nothing else."""
    expected = {row["id"]: row for batch in batches for row in world.rows_of(batch)}
    rows = [row for (sink, _), taken in world.taken.items() if sink == world.sink for row in taken]
    held = promised(rows, [ROW], "the rows in the sink")
    places = Counter(row["id"] for row in held)
    missing = set(expected) - set(places)
    assert not missing, f"{len(missing)} of {len(expected)} rows are not in the sink: {listed(missing)}"
    twice = [record_id for record_id, count in places.items() if count > 1]
    assert not twice, f"the sink holds {len(twice)} rows more than once: {listed(twice)}"
    strange = set(places) - set(expected)
    assert not strange, f"the sink holds rows that do not belong in it: {listed(strange)}"
    for row in held:
        whole = expected[row["id"]] | {"stamp": row["stamp"]}  # which stamp it is, `check_steps` looks at
        same(row, whole, f"the row of {row['id']} in the sink")


def calls_behind(world: Any) -> list[Entry]:
    """The calls whose answers the rows in a sink were made from, and those that wrote them."""
    found: dict[int, Entry] = {}
    entries = world.ledger.entries()
    dead = {entry.pid for entry in entries if entry.outcome == "killed"}
    for key, rows in world.taken.items():
        if key[0] != world.sink:
            continue
        writer = entries[world.taken_by[key]]
        given_up = writer.outcome not in ("ok", "killed") and writer.pid not in dead
        assert not given_up, "a write was given up before the sink had acknowledged it"
        found[writer.number] = writer
        for row in rows:
            made_from = world.made_from(row)
            assert made_from, f"the row of {row['id']} is not as `transform` made it: no call gave its stamp"
            found |= {entry.number: entry for entry in made_from}
    return list(found.values())


def check_repeats(world: Any) -> None:
    """Each step is called once a batch, and once more for each death meanwhile; an `enrich` asks for all."""
    invalid = world.reasons().keys() - world.poison.keys()
    for batch, calls in world.calls_of().items():
        valid = {record["id"] for record in world.batches[batch]} - invalid
        deaths = world.deaths(batch, calls)
        for asked in (set(entry.args[0]) for entry in calls if entry.op == "enrich"):
            assert asked == valid, (
                f"an `enrich` asked for {len(asked)} records of a batch with {len(valid)} valid ones, "
                "expected one request for all of them"
            )
        for rows in (entry.args[2] for entry in calls if entry.op == "write"):
            n_batches = len({world.batch_of(row.get("id")) for row in rows})
            assert n_batches == 1, f"a `write` held rows of {n_batches} batches, expected those of one"
        times = Counter(
            f"transform({entry.args[0]})" if entry.op == "transform" else f"{entry.op} for a batch"
            for entry in calls
        )
        for step, n_calls in times.items():
            assert n_calls <= 1 + deaths, (
                f"{step} was called {n_calls} times, expected at most {1 + deaths}: "
                f"{deaths} workers died while the batch was in flight"
            )


def check_steps(world: Any, workers: set[int] | None = None) -> list[Entry]:
    """What is in the sink was made step by step, each step called once, and in these processes (None: any).

    A row can only show a stamp that `transform` was given, and for that a quote of `enrich`: so their order
    needs no check, and calls made for show are one too many.

    Returns:
        The calls whose answers were used.
    """
    used = calls_behind(world)
    check_repeats(world)
    if workers is not None:
        strangers = {entry.op for entry in used if entry.pid not in workers}
        assert not strangers, f"called outside of Ray's workers: {listed(strangers)}"
    return used


def check_day(world: Any, seen: Any, *, batches: list[int] | None = None) -> None:
    """Report and sink are right for these batches (by default: for all of the day)."""
    batches = list(range(len(world.batches))) if batches is None else batches
    check_rejected(world, seen, batches)
    check_totals(world, seen, batches)
    check_sink(world, batches)


def check_work(learner: Any, seen: Any, *, batches: list[int] | None = None) -> list[Entry]:
    """As `check_day`, and the steps were called as promised, in Ray workers; the calls that were used."""
    check_day(learner.world, seen, batches=batches)
    return check_steps(learner.world, learner.world.worker_pids())


def run_day(learner: Any, day: list[Batch], *, lazily: bool = False, **options: int) -> Any:
    """The report on a day from a list (lazily: from a plain iterator)."""
    inputs = {"batches": day, "place": learner.world.sink, "options": options, "lazily": lazily}
    try:
        return learner.scenario("run_list", **inputs, returns=RETURNED, deadline_s=CALL_S)
    except SolutionRaised:
        becomes_quiet(learner)
        raise


def stream_day(learner: Any, *, limit: int) -> dict[str, Any]:
    """How a day from a generator ends: report, error, whether the generator was closed."""
    inputs = {"place": learner.world.sink, "limit": limit}
    streamed: dict[str, Any] = learner.scenario("stream", **inputs, returns=STREAMED, deadline_s=CALL_S)
    streamed["left"] = learner.leftovers(within_s=SETTLE_S)  # the caller still holds what was raised
    learner.scenario("let_go")
    becomes_quiet(learner)
    return streamed


def report_of(streamed: dict[str, Any]) -> Any:
    """The report on a day that must not raise."""
    assert not streamed["error"], f"run_pipeline raised {streamed['error']}"
    assert streamed["report"] is not None, "run_pipeline returned None, expected a report"
    return streamed["report"]


def going_on_after_return(world: Any) -> list[str]:
    """Calls to the service that were open when run_pipeline returned, or started later."""
    (returned,) = world.ledger.entries("returned")
    return [
        entry.op
        for entry in world.ledger.entries()
        if entry.op in STEPS and (entry.end_s is None or entry.end_s > returned.start_s)
    ]


def becomes_quiet(learner: Any) -> None:
    """Wait for what keeps running after the return, so that the next test does not find its workers busy."""
    learner.leftovers(within_s=SETTLE_S)


def start_workers(learner: Any, n_workers: int) -> None:
    learner.scenario("ready", n_workers=n_workers, deadline_s=READY_WITHIN_S)


# -- correctness ---------------------------------------------------------------------------------


@behaviour(points=8, category="correctness", required=True, stage=1)
def test_totals_are_exact(learner, rng, observe):
    """Totals are exact for customers who order in every batch."""
    world = learner.world
    world.acknowledged_every_s = 0.1
    customers = [f"c-{number}" for number in rng.choice(np.arange(10, 100), size=3, replace=False)]
    day = world.draw_day(rng, [4] * 24, customers=customers, cents=HUGE_CENTS)
    seen = run_day(learner, day)
    check_totals(world, seen, list(range(len(day))))
    check_sink(world, list(range(len(day))))  # totals of rows, and rows that `transform` made
    calls_behind(world)
    observe(len(ids_of(day)), unit="records")


@behaviour(points=7, category="correctness", required=True, stage=1)
def test_every_record_once(learner, rng, observe):
    """Every record is either written once or rejected once, with its reason."""
    world = learner.world
    day = world.draw_day(rng, [5, 7, 1, 6, 14, 4, 9, 5, 3, 8, 6], n_invalid=2)
    seen = run_day(learner, day)
    check_day(world, seen)
    check_steps(world)
    observe(len(ids_of(day)), unit="records")


@behaviour(points=7, category="correctness", required=True, stage=1)
def test_bad_record_costs_only_itself(learner, rng, observe):
    """A record that cannot be transformed takes no other record with it."""
    world = learner.world
    day = world.bad_records(rng).inputs["batches"]
    seen = run_day(learner, day)
    check_day(world, seen)
    calls_behind(world)
    observe(len(world.poison), unit="bad records")


@behaviour(points=5, category="correctness", required=True, stage=1)
def test_empty_source_and_batches(learner, rng, observe):
    """An empty source, empty batches and batches without a good record all work."""
    world = learner.world
    nothing = {"accepted": 0, "rejected": [], "totals": {}}
    for day in ([], [[]], [[], [], []]):
        seen = run_day(learner, day)
        same(seen, nothing, f"the report for {day!r}")
    day = world.draw_day(rng, [0, 2, 3, 0, 2, 0, 0, 4], n_invalid=2)
    seen = run_day(learner, day, lazily=True)
    check_day(world, seen)
    calls_behind(world)
    observe(4, unit="days")


@behaviour(points=6, category="correctness", required=True, stage=3)
def test_source_raises(learner, rng, observe):
    """When the source raises, its batches are finished before its exception comes out."""
    world = learner.world
    limit = world.broken_source(rng).inputs["limit"]
    day = world.batches
    streamed = stream_day(learner, limit=limit)
    written = world.written()
    observe(len(written), limit=len(day), unit="batches written")
    assert streamed["error"], (
        f"the source raised TillError after {len(world.read_ahead)} batches, "
        f"but run_pipeline returned {streamed['report']!r}"
    )
    assert streamed["is_the_sources"], (
        f"the source raised TillError: {world.breaks}, but run_pipeline raised {streamed['error']}; "
        "the source's own exception object has to come out"
    )
    assert len(world.read_ahead) == len(day), (
        f"only {len(world.read_ahead)} of {len(day)} batches were read before run_pipeline raised"
    )
    going_on = going_on_after_return(world)
    assert not going_on, (
        f"when run_pipeline raised, {len(going_on)} calls were still open or came later: "
        f"{listed(set(going_on))}"
    )
    check_sink(world, list(range(len(day))))
    check_steps(world, workers=learner.worker_pids())
    left = streamed["left"]
    assert not left, f"while the caller still held the exception, there was left: {'; '.join(left)}"


# -- resilience ----------------------------------------------------------------------------------


@behaviour(points=9, category="resilience", required=True, stage=3)
def test_endless_source_is_closed(learner, rng, observe):
    """An endless source is read as needed, and closed once the sink is closed."""
    world = learner.world
    limit = world.closed_sink(rng).inputs["limit"]
    streamed = stream_day(learner, limit=limit)
    n_read = len(world.read_ahead)
    may_read = world.closes_after + 2 * limit
    observe(n_read, limit=may_read, unit="batches read")
    assert n_read <= may_read, (
        f"the sink was closed after {world.closes_after} batches and at most {limit} may be in flight, "
        f"but {n_read} batches were read"
    )
    seen = report_of(streamed)
    check_work(learner, seen, batches=sorted(world.written()))
    assert len(world.taken) == world.closes_after, (
        f"the sink would have taken {world.closes_after} batches, but it was given only {len(world.taken)}"
    )
    assert streamed["is_closed"], "run_pipeline returned without closing its source: `close` was not called"
    going_on = going_on_after_return(world)
    assert not going_on, f"{len(going_on)} calls were still open when run_pipeline returned, or came later"
    assert not streamed["left"], f"left behind: {'; '.join(streamed['left'])}"


@behaviour(points=3, category="resilience", stage=3)
def test_nothing_left_behind(learner, rng, observe):
    """Nothing is left behind on the cluster."""
    world = learner.world
    day = world.draw_day(rng, [3, 2, 4, 3, 2, 5, 3, 2], n_invalid=1)
    seen = run_day(learner, day)
    check_work(learner, seen)
    left = learner.leftovers(within_s=SETTLE_S)
    observe(len(left), limit=0, unit="left")
    assert not left, f"left behind: {'; '.join(left)}"


@behaviour(points=8, category="resilience", required=True, stage=4)
def test_worker_killed_in_transform(learner, rng, observe):
    """No record is lost or counted twice when workers are killed mid-transform."""
    world = learner.world
    seen = report_of(stream_day(learner, limit=world.dead_in_transform(rng).inputs["limit"]))
    killed = world.ledger.count("transform", "killed")
    observe(killed, limit=2, unit="workers killed")
    check_work(learner, seen)
    if killed < 2:
        void("fewer than two workers were killed while transforming a record")


@behaviour(points=9, category="resilience", required=True, stage=4)
def test_worker_killed_after_write(learner, rng, observe):
    """Nothing is duplicated when workers are killed between a write and its acknowledgement."""
    world = learner.world
    seen = report_of(stream_day(learner, limit=world.dead_after_write(rng).inputs["limit"]))
    killed = world.ledger.count("write", "killed")
    observe(killed, limit=2, unit="workers killed")
    check_work(learner, seen)
    if killed < 2:
        void("fewer than two workers were killed after a write")


# -- performance ---------------------------------------------------------------------------------


@behaviour(points=9, category="performance", required=True, stage=2)
def test_in_flight_limit(learner, rng, observe):
    """The number of batches in flight reaches its limit and never exceeds it."""
    world = learner.world
    start_workers(learner, N_WORKERS)
    n_read = 0
    for limit, sizes in ((6, [2] * 18), (1, [2] * 4)):
        first = len(world.batches)
        world.draw_day(rng, sizes)
        together = world.gate(
            lambda limit=limit: len(world.waiting("enrich")) >= limit, guard_s=GUARD_S, linger_s=LINGER_S
        )
        writing = world.gate(
            lambda limit=limit: len(world.waiting("write")) >= limit, guard_s=GUARD_S, linger_s=LINGER_S
        )
        world.gates["enrich", None], world.gates["write", None] = together, writing
        world.sink = f"sink-{limit}-{rng.integers(2**32):08x}"  # one for each of the two runs
        seen = report_of(stream_day(learner, limit=limit))
        used = check_work(learner, seen, batches=list(range(first, len(world.batches))))
        n_in_flight = max(world.read_ahead[n_read:]) + 1
        n_read = len(world.read_ahead)
        observe(n_in_flight, limit=limit, unit="batches in flight")
        assert n_in_flight <= limit, (
            f"with max_in_flight={limit}, a batch was read while {n_in_flight - 1} others were in flight"
        )
        for op in ("enrich", "write"):
            together_at_most = peak(entry for entry in used if entry.op == op)
            assert together_at_most >= limit, (
                f"with max_in_flight={limit} and enough to do, at most {together_at_most} batches "
                f"were waiting in `{op}` at the same time, expected {limit}"
            )


@behaviour(points=6, category="performance", required=True, stage=2)
def test_four_transforms_at_a_time(learner, rng, observe):
    """Four Ray workers transform at the same time."""
    world = learner.world
    start_workers(learner, N_WORKERS)

    def four_at_work() -> bool:
        return len({entry.pid for entry in world.open("transform")}) >= N_CPUS

    world.gates["transform", None] = world.gate(four_at_work, guard_s=GUARD_S)
    day = world.draw_day(rng, [2] * 16)
    seen = run_day(learner, day)
    used = [entry for entry in check_work(learner, seen) if entry.op == "transform"]
    at_once = [{e.pid for e in used if e.start_s <= one.start_s < (e.end_s or 0.0)} for one in used]
    most = max(map(len, at_once))
    observe(most, limit=N_CPUS, unit="processes at work")
    assert most >= N_CPUS, (
        f"at most {most} processes transformed at the same time; there are {N_CPUS} CPUs and enough to do"
    )


@behaviour(points=7, category="performance", required=True, stage=2)
def test_stages_overlap(learner, rng, observe):
    """While one batch is enriched and another transformed, others are written."""
    world = learner.world
    start_workers(learner, N_WORKERS)
    day = world.draw_day(rng, [2] * 8)
    others = set(range(2, len(day)))
    written_meanwhile: set[int] = set()

    def others_are_written() -> bool:
        written_meanwhile.update(world.written() & others)
        return len(written_meanwhile) >= 2

    held = world.gate(others_are_written, guard_s=GUARD_S)
    world.gates["enrich", 0] = world.gates["transform", 1] = held
    seen = run_day(learner, day)
    check_work(learner, seen)
    observe(len(written_meanwhile), limit=2, unit="batches written meanwhile")
    assert held.met, (
        "of eight batches, one was held in `enrich` and one in `transform`. Of the other six, "
        f"{len(written_meanwhile)} were written in the meantime, expected at least 2: "
        "a stage waited until all batches had finished the one before"
    )


@behaviour(points=7, category="performance", required=True, stage=2)
def test_slow_batch_delays_nobody(learner, rng, observe):
    """While one batch is stuck, all the others are written."""
    world = learner.world
    start_workers(learner, N_WORKERS)
    trial = world.slow_batch(rng)
    limit, others = trial.inputs["limit"], range(1, len(world.batches))
    seen = report_of(stream_day(learner, limit=limit))
    check_work(learner, seen)
    written_meanwhile = world.written_meanwhile
    observe(len(written_meanwhile), limit=len(others), unit="batches written meanwhile")
    assert len(written_meanwhile) == len(others), (
        f"with max_in_flight={limit}, one batch was held in `enrich`. Only {len(written_meanwhile)} of the "
        f"other {len(others)} were written in the meantime; the rest waited for it"
    )


@behaviour(points=9, category="performance", stage=4)
def test_speed(learner, race, rng):
    """A day of 16 batches, some of them slow, takes about as long as with the reference."""
    few = learner.world.draw_day(rng, [3, 2, 4, 5, 2, 3, 4, 2], n_invalid=1)
    check_work(learner, run_day(learner, few))

    def draw(world: Any, rng: np.random.Generator) -> tuple[tuple[Any, ...], dict[str, Any]]:
        world.enrich_s, world.transform_s, world.write_s = RACE_ENRICH_S, RACE_TRANSFORM_S, RACE_WRITE_S
        world.draw_day(rng, [6] * RACE_BATCHES, n_invalid=1)
        world.slow = dict.fromkeys(RACE_SLOW, RACE_SLOW_S)
        return (world.sink, RACE_LIMIT), {}

    def check(world: Any, _args: tuple[Any, ...], _kwargs: dict[str, Any], value: Any) -> None:
        """Every promise holds: an answer comes no sooner than its delay, so nothing else needs a clock."""
        check_day(world, report_of(value))
        check_steps(world, workers=world.worker_pids())
        in_flight = max(world.read_ahead) + 1
        assert in_flight <= RACE_LIMIT, (
            f"in a timed round with max_in_flight={RACE_LIMIT}, {in_flight} batches were in flight"
        )
        assert not going_on_after_return(world), (
            "in a timed round, calls went on when run_pipeline had returned"
        )

    race.run(
        "run_from_till",
        draw=draw,
        returns=STREAMED,
        check=check,
        naive_ratio=NAIVE_RATIO,
        deadline_s=CALL_S,
    )
