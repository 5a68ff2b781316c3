"""What Monitor and shard_of must do. One behaviour per test.

The tests set the time; nothing depends on a clock of the machine. Timestamps are multiples of 1/8 s, so their
sums and differences are exact. No two samples of a metric in one window share the newest timestamp.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np

from grader.suite import behaviour, close, named, peak, promised, void

EPOCH_S = 1_700_000_000.0
STEP_S = 0.125
TOLERANCE = 1e-9
CALL_S = 20.0  # guards against hangs only
NUMBER = int | float | None
INGESTED = {"accepted": int, "duplicates": int, "late": int}
CHANGED = {"rule": str, "event": str, "at": float, "value": NUMBER, ...: ...}
COUNTERS = (
    "received", "accepted", "duplicates", "late", "stored", "dropped", "expired", "lost", "restarts",
)  # fmt: skip
STATS = dict.fromkeys(COUNTERS, int) | {"firing": [str], ...: ...}
RETURNS = {  # other steps: None
    "ingest": INGESTED, "query": NUMBER, "alerts": [CHANGED], "stats": STATS, "mark": int,
}  # fmt: skip
CHEAP = ("count", "sum", "mean", "min", "max", "last")
N_RACE_BATCHES = 50
N_RACE_NEW = 390  # new samples in a batch of 400; nine come twice, one is late
N_RACE_TWICE = 9
N_RACE_QUESTIONS = 10
N_RACE_SHARDS = 4
HELD_MB = 16
WARM_SAMPLES = 100_000
POURED_SAMPLES = 340_000  # enough for a set of all numbers seen to grow its table
POUR_BATCH = 2_000
POURED_SERIES = 20
POUR_CAPACITY = 200

Sample = tuple[str, str, int, float, float]
Change = dict[str, Any]


# -- inputs ----------------------------------------------------------------------------------------


def draw_start(rng: np.random.Generator) -> float:
    return EPOCH_S + int(rng.integers(1_000_000))


def draw_names(rng: np.random.Generator, prefix: str, n: int) -> list[str]:
    numbers = rng.choice(np.arange(100, 1000), size=n, replace=False)
    return [f"{prefix}-{number}" for number in numbers.tolist()]


class Sources:
    """Numbers the samples of each source across all its metrics."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._next: Counter[str] = Counter()

    def sample(self, metric: str, source: str, timestamp: float, value: float | None = None) -> Sample:
        """Make a new sample; draw its value if none is given."""
        self._next[source] += 1
        drawn = round(float(self._rng.uniform(1, 1000)), 3) if value is None else value
        return metric, source, self._next[source], float(timestamp), float(drawn)


def draw_shards(rng: np.random.Generator) -> int:
    return int(rng.integers(3, 5))


def in_batches(samples: list[Sample], n_batches: int) -> list[list[Sample]]:
    size = -(-len(samples) // n_batches)
    return [samples[i : i + size] for i in range(0, len(samples), size)]


def shuffled(rng: np.random.Generator, samples: Iterable[Sample]) -> list[Sample]:
    listed = list(samples)
    return [listed[i] for i in rng.permutation(len(listed))]


def threshold(name: str, metric: str, **fields: Any) -> dict[str, Any]:
    usual = {"aggregate": "mean", "window_s": 10.0, "op": ">", "limit": 80.0, "clear": 80.0, "for_s": 0.0}
    return {"name": name, "kind": "threshold", "metric": metric} | usual | fields


def no_data(name: str, metric: str, after_s: float) -> dict[str, Any]:
    return {"name": name, "kind": "no_data", "metric": metric, "after_s": after_s}


# -- calls -----------------------------------------------------------------------------------------


def opened(start: float, rules: Iterable[dict] = (), **options: Any) -> list[Any]:
    """The step that creates a test's monitor."""
    return ["open", start, list(rules), options]


def play(learner: Any, *steps: list[Any], deadline_s: float = CALL_S) -> tuple[Any, ...]:
    """Run steps in the solution's process, where the monitor lives between calls; return each answer."""
    returns = tuple(named(RETURNS.get(name), said(name, args)) for name, *args in steps)
    answers: tuple[Any, ...] = learner.scenario(
        "play", steps=list(steps), returns=returns, deadline_s=deadline_s
    )
    return answers


def said(name: str, args: Iterable[Any]) -> str:
    """A step in a message; only questions are short enough to be shown in full."""
    return f"{name}({', '.join(map(repr, args)) if name == 'query' else ''})"


# -- the oracle ------------------------------------------------------------------------------------


class Oracle:
    """The contract of ingest and query, implemented literally and slowly."""

    def __init__(self, *, retention_s: float = 600.0) -> None:
        self._retention_s = retention_s
        self.stored: dict[tuple[str, int], tuple[Sample, int]] = {}
        self.accepted: list[Sample] = []
        self.counts: Counter[str] = Counter()
        self._arrivals = 0

    def expire(self, clock: float) -> None:
        """Forget what is too old by this time."""
        old = [name for name, (s, _) in self.stored.items() if s[3] <= clock - self._retention_s]
        for name in old:
            del self.stored[name]
        self.counts["expired"] += len(old)

    def ingest(self, samples: list[Sample], clock: float) -> dict[str, int]:
        """Store samples one by one and return what ingest should."""
        self.expire(clock)
        seen = Counter(accepted=0, duplicates=0, late=0)
        for sample in samples:
            self._arrivals += 1
            name = sample[1], sample[2]
            if sample[3] <= clock - self._retention_s:
                seen["late"] += 1
            elif name in self.stored:
                seen["duplicates"] += 1
            else:
                seen["accepted"] += 1
                self.stored[name] = (sample, self._arrivals)
                self.accepted.append(sample)
        self.counts.update(seen)
        return dict(seen)

    def window(self, metric: str, window_s: float, now: float) -> list[tuple[Sample, int]]:
        """The samples of a window, each with its arrival number."""
        found = self.stored.values()
        return [(s, k) for s, k in found if s[0] == metric and now - window_s < s[3] <= now]

    def query(self, metric: str, aggregate: str, window_s: float, now: float) -> float | int | None:
        """What query should return."""
        found = self.window(metric, window_s, now)
        return aggregate_of(aggregate, [(s[3], k, s[4]) for s, k in found])


def aggregate_of(aggregate: str, points: list[tuple[float, int, float]]) -> float | int | None:
    """The aggregate of a list of (timestamp, arrival, value)."""
    values = sorted(value for _, _, value in points)
    n = len(values)
    if aggregate == "count":
        return n
    if not n:
        return None
    return {
        "sum": math.fsum(values),
        "mean": math.fsum(values) / n,
        "min": values[0],
        "max": values[-1],
        "last": max(points)[2],
        "p95": values[-(-95 * n // 100) - 1],
    }[aggregate]


def expected_changes(rules: list[dict], values_at: list[tuple[float, dict[str, Any]]]) -> list[list[Change]]:
    """What each evaluation should return, given (now, the value of each rule by name)."""
    raised: set[str] = set()
    since: dict[str, float] = {}
    answers = []
    for now, values in values_at:
        changes = []
        for rule in rules:
            name, value = rule["name"], values[rule["name"]]
            over = {">": value is not None and value > rule["limit"],
                    "<": value is not None and value < rule["limit"]}[rule["op"]]  # fmt: skip
            stays = {">": value is None or value > rule["clear"],
                     "<": value is None or value < rule["clear"]}[rule["op"]]  # fmt: skip
            event = ""
            if name in raised:
                if not stays:
                    raised.remove(name)
                    event = "resolved"
            elif not over:
                since.pop(name, None)
            elif now - since.setdefault(name, now) >= rule["for_s"]:
                del since[name]
                raised.add(name)
                event = "raised"
            if event:
                changes.append({"rule": name, "event": event, "at": now, "value": value})
        answers.append(changes)
    return answers


# -- checks ----------------------------------------------------------------------------------------


def margin(aggregate: str, values: list[float]) -> float:
    """By how much an answer may be off."""
    sums = math.fsum(map(abs, values))
    return {"sum": TOLERANCE * sums, "mean": TOLERANCE * sums / max(len(values), 1)}.get(aggregate, 0.0)


def check_answer(
    seen: Any, expected: Any, question: tuple[Any, ...], n_samples: int, within: float = 0.0
) -> None:
    assert close(seen, expected, within=within), (
        f"{said('query', question)} returned {seen!r}, expected {expected!r} for the {n_samples} samples in "
        "the window."
    )


def check_queries(seen: list[Any], questions: list[tuple[Any, ...]], oracle: Oracle) -> None:
    for answer, question in zip(seen, questions, strict=True):
        metric, aggregate, window_s, now = question
        values = [s[4] for s, _ in oracle.window(metric, window_s, now)]
        check_answer(answer, oracle.query(*question), question, len(values), margin(aggregate, values))


def check_ingests(seen: list[Any], expected: list[dict[str, int]]) -> None:
    for number, (got, wanted) in enumerate(zip(seen, expected, strict=True), 1):
        assert got == wanted, f"Ingest {number} of {len(expected)} returned {got!r}, expected {wanted!r}."


def check_stats(seen: dict[str, Any], **expected: Any) -> None:
    wrong = [
        f"{key} is {seen[key]!r}, expected {value!r}" for key, value in expected.items() if seen[key] != value
    ]
    assert not wrong, f"stats(): {'; '.join(wrong)}. The whole dict: {seen!r}."
    assert seen["received"] == seen["accepted"] + seen["duplicates"] + seen["late"], (
        f"stats(): received should equal accepted + duplicates + late: {seen!r}."
    )
    ways = ("stored", "dropped", "expired", "lost")
    assert seen["accepted"] == sum(seen[way] for way in ways), (
        f"stats(): accepted should equal {' + '.join(ways)}: {seen!r}."
    )


def check_changes(seen: list[Change], expected: list[Change], when: str) -> None:
    keys = ("rule", "event", "at")
    brief, wanted = ([[change[key] for key in keys] for change in changes] for changes in (seen, expected))
    assert brief == wanted, f"{when} alerts returned {shown(seen)}, expected {shown(expected)}."
    for got, right in zip(seen, expected, strict=True):
        assert close(got["value"], right["value"], rel=TOLERANCE), (
            f"{when} {got['rule']!r} was {got['event']} with the value {got['value']!r}, "
            f"expected {right['value']!r}."
        )


def shown(changes: list[Change]) -> str:
    return ", ".join(f"{c['rule']} {c['event']} ({c['value']!r})" for c in changes) or "nothing"


def check_archive(learner: Any, accepted: Iterable[Sample], *, once: bool = True) -> None:
    """Ray workers have archived each accepted sample, and nothing else; with `once`, exactly once."""
    check_lines(learner.world.writes, [sample[:3] for sample in accepted], once=once)
    check_writers(learner.world)


def check_lines(writes: list[Any], names: list[tuple[str, str, int]], *, once: bool) -> None:
    """These samples are in these writes, and no others."""
    taken = Counter(name for write in writes for name in write.names)
    missing = [name for name in names if not taken[name]]
    assert not missing, (
        f"{len(missing)} of {len(names)} accepted samples were never archived, for example {missing[0]}."
    )
    strange = set(taken).difference(names)
    assert not strange, (
        f"{len(strange)} samples were archived that were not accepted, for example {min(strange)}."
    )
    if once:
        repeated = [name for name in names if taken[name] > 1]
        assert not repeated, f"{len(repeated)} samples were archived repeatedly, for example {repeated[0]}."


def check_writers(world: Any) -> None:
    """Everything was archived by Ray's workers."""
    strangers = {write.pid for write in world.writes} - world.worker_pids()
    assert not strangers, f"Samples were archived outside of Ray's workers, in process {min(strangers)}."


def check_returned(writes: list[Any], samples: list[Sample], when: str) -> None:
    """What had been ingested when a call returned was in the archive by then."""
    there = {name for write in writes for name in write.names}
    behind = sum(sample[:3] not in there for sample in samples)
    assert not behind, f"{when} had returned, but {behind} of its samples were archived later, or never."


def check_order(writes: list[Any], names: Iterable[tuple[str, str, int]]) -> None:
    """Each series was archived in the order of these names."""
    ingested: dict[tuple[str, str], list[int]] = defaultdict(list)
    archived: dict[tuple[str, str], list[int]] = defaultdict(list)
    for metric, source, seq in names:
        ingested[metric, source].append(seq)
    for write in writes:
        for metric, source, seq in write.names:
            archived[metric, source].append(seq)
    unordered = [series for series, seqs in archived.items() if seqs != ingested[series]]
    assert not unordered, (
        f"{len(unordered)} of {len(archived)} series were not archived in the order in which they were "
        f"ingested, for example {unordered[0]}: {archived[unordered[0]][:8] if unordered else ''} …"
    )


def shards_of(series: list[tuple[str, str]]) -> tuple[Any, ...]:
    """The form of what shard_of returns for each of these series."""
    return tuple(named(int, f"shard_of({metric!r}, {source!r}, ...)") for metric, source in series)


def pids_of(world: Any) -> dict[tuple[str, str], set[int]]:
    """For each series, the processes that archived it."""
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    for write in world.writes:
        for metric, source, _ in write.names:
            found[metric, source].add(write.pid)
    return found


# -- windows ---------------------------------------------------------------------------------------


@behaviour(points=8, category="correctness", required=True, stage=1)
def test_windows(learner, rng, observe):
    """Windows are exact at both edges and cover all shards."""
    start, sources, oracle = draw_start(rng), Sources(rng), Oracle()
    metrics, hosts = draw_names(rng, "load", 3), draw_names(rng, "web", 5)
    times = np.sort(rng.choice(480, size=240, replace=False)) * STEP_S + (start - 60)
    values = np.round(rng.uniform(-1000, 1000, size=240), 3).tolist()
    samples = [
        sources.sample(str(rng.choice(metrics)), str(rng.choice(hosts)), t, value)
        for t, value in zip(times.tolist(), values, strict=True)
    ]
    batches = in_batches(samples, 5)

    questions = []
    for number in range(48):
        metric = metrics[number % 3]
        own = [s[3] for s in samples if s[0] == metric]
        first, last = np.sort(rng.choice(len(own), size=2, replace=False)).tolist()
        questions.append((metric, CHEAP[number % len(CHEAP)], own[last] - own[first], own[last]))
    questions += [(metrics[0], aggregate, 300.0, start) for aggregate in CHEAP]
    questions += [(metrics[1], aggregate, 5.0, start - 100) for aggregate in CHEAP]
    questions += [(name, aggregate, 300.0, start) for name in ["nobody"] for aggregate in CHEAP]

    before = [oracle.ingest(batch, start) for batch in batches]
    steps = [["ingest", batch] for batch in batches] + [["query", *q] for q in questions]
    _, *seen, _ = play(learner, opened(start, shards=draw_shards(rng)), *steps, ["close"])
    check_ingests(seen[: len(batches)], before)
    check_queries(seen[len(batches) :], questions, oracle)
    check_archive(learner, oracle.accepted)
    observe(len(questions), unit="queries")


@behaviour(points=7, category="correctness", stage=1)
def test_late_and_out_of_order(learner, rng, observe):
    """Out-of-order samples are sorted in; late ones are refused, judged by the clock."""
    start, sources, oracle = draw_start(rng), Sources(rng), Oracle(retention_s=120.0)
    hosts = draw_names(rng, "web", 4)

    def at(seconds: float) -> Sample:
        return sources.sample("temp", str(rng.choice(hosts)), start + seconds)

    drawn = [at(-STEP_S * k) for k in rng.choice(np.arange(1, 480), size=60, replace=False).tolist()]
    drawn += [at(-STEP_S * k) for k in rng.choice(np.arange(481, 900), size=40, replace=False).tolist()]
    edge = [at(-120.0), at(-120.0 - STEP_S), at(-120.0 + STEP_S), at(-300.0), at(0.0)]
    later = [at(-60.0), at(-60.0 + STEP_S), at(-90.0), at(30.0), at(12.5)]
    batches = in_batches(shuffled(rng, [*drawn, *edge]), 4)
    # Window edges lie between samples here; test_windows covers the exact edges.
    windows = [(600.0, start), (40.0, start - 19.9), (30.0, start - 59.9), (15.0, start - 104.9)]
    questions = [("temp", aggregate, *window) for window in windows for aggregate in CHEAP]

    answers = play(
        learner, opened(start, retention_s=120.0),
        *[["ingest", batch] for batch in batches], *[["query", *q] for q in questions],
    )[1:]  # fmt: skip
    check_ingests(answers[: len(batches)], [oracle.ingest(batch, start) for batch in batches])
    check_queries(answers[len(batches) :], questions, oracle)

    now = start + 60
    _, *seen = play(learner, ["clock", now], *[["query", *q] for q in questions], ["stats"])
    oracle.expire(now)
    check_queries(seen[:-1], questions, oracle)
    check_stats(seen[-1], late=3, stored=len(oracle.stored), expired=oracle.counts["expired"], dropped=0)

    questions += [("temp", aggregate, 600.0, now) for aggregate in CHEAP]
    one, *seen = play(learner, ["ingest", later], *[["query", *q] for q in questions], ["stats"], ["close"])
    check_ingests([one], [oracle.ingest(later, now)])
    check_queries(seen[:-2], questions, oracle)
    check_archive(learner, oracle.accepted)
    check_stats(seen[-2], late=5, stored=len(oracle.stored), expired=oracle.counts["expired"], dropped=0)
    observe(oracle.counts["late"], unit="late samples")


@behaviour(points=6, category="correctness", required=True, stage=1)
def test_duplicates(learner, rng, observe):
    """A repeated sample counts once; one that only looks the same counts too."""
    start, sources, oracle = draw_start(rng), Sources(rng), Oracle()
    hosts = draw_names(rng, "web", 5)

    def new(n: int) -> list[Sample]:
        times = start - STEP_S * rng.choice(400, size=n, replace=False)
        return [sources.sample("temp", hosts[k % 5], t) for k, t in enumerate(times.tolist())]

    first, second = new(40), new(15)
    # The same time and value: from another source with the same number, or the same source with another.
    other = Sources(rng)
    twins = [other.sample("temp", f"db-{k}", *s[3:]) for k, s in enumerate(first[:5])]
    twins += [sources.sample("temp", s[1], *s[3:]) for s in first[5:10]]
    batches = [
        [*first[:30], *shuffled(rng, first[:8]), *first[30:], first[0]],
        shuffled(rng, [*second, *first[10:30]]),
        shuffled(rng, first),
        shuffled(rng, [*twins, *second[:3]]),
    ]
    questions = [("temp", aggregate, 300.0, start) for aggregate in ("count", "sum", "mean", "max")]
    _, *seen = play(
        learner, opened(start),
        *[["ingest", batch] for batch in batches], *[["query", *q] for q in questions], ["stats"], ["close"],
    )  # fmt: skip
    check_ingests(seen[: len(batches)], [oracle.ingest(batch, start) for batch in batches])
    check_queries(seen[len(batches) : -2], questions, oracle)
    check_archive(learner, oracle.accepted)
    check_stats(seen[-2], accepted=65, duplicates=oracle.counts["duplicates"], stored=65, dropped=0)
    observe(oracle.counts["duplicates"], unit="duplicates")


@behaviour(points=5, category="correctness", stage=1)
def test_p95_is_merged(learner, rng, observe):
    """The p95 of a metric is taken over all its values, whichever shards hold them."""
    start, sources, oracle = draw_start(rng), Sources(rng), Oracle()
    samples = []
    for metric, n in (("tiny", 1), ("few", 2), ("under", 19), ("even", 20), ("over", 21), ("most", 100)):
        hosts = draw_names(rng, "web", 7)
        samples += [sources.sample(metric, hosts[k % 7], start - STEP_S * k) for k in range(n)]
    # One busy, fast source and many quiet, slow ones: an average of percentiles is far off.
    quick, *slow = draw_names(rng, "api", 9)
    samples += [
        sources.sample("wait", quick, start - STEP_S * k, float(rng.uniform(1, 2))) for k in range(300)
    ]
    samples += [
        sources.sample("wait", host, start - 4 * STEP_S * k, float(rng.uniform(50, 90)))
        for host in slow
        for k in range(5)
    ]
    batches = in_batches(shuffled(rng, samples), 3)
    questions = [(m, "p95", 600.0, start) for m in ("tiny", "few", "under", "even", "over", "most", "wait")]
    questions += [("wait", "p95", 5.0 * k + 0.1, start) for k in range(1, 8)]
    expected = [oracle.ingest(batch, start) for batch in batches]
    steps = [["ingest", batch] for batch in batches] + [["query", *q] for q in questions]
    _, *seen, _ = play(learner, opened(start, shards=draw_shards(rng)), *steps, ["close"])
    check_ingests(seen[: len(batches)], expected)
    check_queries(seen[len(batches) :], questions, oracle)
    check_archive(learner, oracle.accepted)
    observe(len(questions), unit="percentiles")


# -- alerts ----------------------------------------------------------------------------------------

# The mean of each interval; None is an interval without samples.
CPU = (
    50, 90, 90, 75,  # not over for long enough
    90, 90, 90,  # raised
    70, 90, 61, None, 61,  # between clear and limit, or no value: stays raised
    60,  # exactly at clear: resolved
    79, 90, None, 90, 80, 90, 90, 75,  # stretches that end too soon
    81, 81, 95, 10,
)  # fmt: skip
FREE = (
    50, 19, 25, 19, 30, 20, 25, 5, 29, 31, 5, 40, 20, 19, None, None, 5, 30, 30, 10, 90, 19, 20, 30, 1
)  # fmt: skip


@behaviour(points=10, category="correctness", required=True, stage=2)
def test_threshold_alerts(learner, rng, observe):
    """An alert waits for `for_s`, holds steady between limit and clear, and reports each change once."""
    start, sources = draw_start(rng), Sources(rng)
    rules = [
        threshold("slow burn", "cpu", limit=80.0, clear=60.0, for_s=20.0),
        threshold("nervous", "cpu", limit=80.0, clear=80.0, for_s=0.0),
        threshold("space", "free", aggregate="max", op="<", limit=20.0, clear=30.0, for_s=0.0),
        threshold("space too", "free", aggregate="min", op="<", limit=25.0, clear=25.0, for_s=10.0),
    ]
    drawn = rng.choice(np.array([10, 20, 25, 30, 60, 61, 79, 80, 81, 90, -1]), size=(20, 2)).tolist()
    ticks = [*zip(CPU, FREE, strict=True), *[tuple(None if v < 0 else v for v in pair) for pair in drawn]]

    steps, values_at, accepted = [], [], []
    for number, (cpu, free) in enumerate(ticks):
        now = start + 10.0 * (number + 1)
        batch = [
            sources.sample(metric, f"{metric}-{k}", now - k, mean + apart)
            for metric, mean, apart in (("cpu", cpu, 1.0), ("free", free, 0.0))
            if mean is not None
            for k, apart in ((1, apart), (2, -apart))
        ]
        accepted += batch
        steps += [["clock", now], ["ingest", batch], ["alerts", now], ["alerts", now], ["stats"]]
        means = [None if v is None else float(v) for v in (cpu, free)]
        values_at.append((now, {r["name"]: means[r["metric"] == "free"] for r in rules}))
    expected = expected_changes(rules, values_at)

    _, *answers, _ = play(learner, opened(start, rules), *steps, ["close"])
    raised: set[str] = set()
    n_changes = 0
    for number, changes in enumerate(expected):
        first, second, stats = answers[5 * number + 2 : 5 * number + 5]
        when = f"Evaluation {number + 1} of {len(ticks)} (cpu {ticks[number][0]}, free {ticks[number][1]}):"
        check_changes(first, changes, when)
        check_changes(second, [], f"{when} a second one at the same time:")
        for change in changes:
            (raised.add if change["event"] == "raised" else raised.discard)(change["rule"])
        check_stats(stats, firing=[rule["name"] for rule in rules if rule["name"] in raised])
        n_changes += len(changes)
    check_archive(learner, accepted)
    observe(n_changes, unit="changes")


@behaviour(points=6, category="correctness", stage=2)
def test_no_data(learner, rng, observe):
    """Silence is noticed, even of a metric that never had a sample, and ends with the next sample."""
    start, sources = draw_start(rng), Sources(rng)
    rules = [
        no_data("never", "ghost", 40.0),
        no_data("silent", "pulse", 30.0),
        no_data("long gone", "pulse", 200.0),
    ]
    host = draw_names(rng, "web", 2)
    retention_s = 120.0
    first = [sources.sample("pulse", name, start + 15 + k) for k, name in enumerate(host)]
    older = [sources.sample("pulse", host[0], start + 10.0)]
    late = [sources.sample("pulse", host[1], start + 90.0)]
    ghost = [sources.sample("ghost", host[0], start + 59.0)]
    again = [sources.sample("pulse", host[0], start + 218.5)]

    def change(rule: str, event: str, after_s: float, value: float) -> Change:
        return {"rule": rule, "event": event, "at": start + after_s, "value": value}

    # Seconds after the start, what is ingested then, and what alerts should return.
    story: list[tuple[float, list[Sample], list[Change]]] = [
        (0.0, [], []),
        (16.0, first, []),
        (40.0 - STEP_S, [], []),
        (40.0, [], [change("never", "raised", 40.0, 40.0)]),
        (41.0, older, []),
        (46.0, [], [change("silent", "raised", 46.0, 30.0)]),
        (50.0, [], []),
        (60.0, ghost, [change("never", "resolved", 60.0, 1.0)]),
        (200.0, [], [change("never", "raised", 200.0, 141.0)]),
        (216.0 - STEP_S, late, []),
        (216.0, [], [change("long gone", "raised", 216.0, 200.0)]),
        (217.0, [], []),
        (
            219.0, again,
            [change("silent", "resolved", 219.0, 0.5), change("long gone", "resolved", 219.0, 0.5)],
        ),
        (220.0, [], []),
        (249.0, [], [change("silent", "raised", 249.0, 30.5)]),
    ]  # fmt: skip
    steps: list[list[Any]] = []
    for after_s, batch, _ in story:
        steps += [["clock", start + after_s], ["ingest", batch], ["alerts", start + after_s]]
    _, *answers, stats, _ = play(
        learner, opened(start, rules, retention_s=retention_s), *steps, ["stats"], ["close"]
    )
    for number, (after_s, batch, changes) in enumerate(story):
        check_changes(answers[3 * number + 2], changes, f"{after_s:g} s after the start")
        if batch is late:
            check_ingests([answers[3 * number + 1]], [{"accepted": 0, "duplicates": 0, "late": 1}])
    check_archive(learner, [*first, *older, *ghost, *again])
    check_stats(stats, late=1, firing=["never", "silent"])
    observe(sum(len(changes) for _, _, changes in story), unit="changes")


# -- shards and the archive ------------------------------------------------------------------------


@behaviour(points=7, category="correctness", stage=3)
def test_series_keep_shard_and_order(learner, rng, observe):
    """A series stays on one shard, the same in every process, and is archived in order."""
    start, sources, n_shards = draw_start(rng), Sources(rng), 3
    many = [(f"metric-{k % 7}", name) for k, name in enumerate(draw_names(rng, "node", 200))]
    places = learner.scenario(
        "shards_elsewhere", series=many, shards=4, returns=(shards_of(many),) * 3, deadline_s=CALL_S
    )
    sizes = Counter(places[0])
    assert set(sizes) <= set(range(4)), f"shard_of(..., 4) returned {sorted(sizes)}, expected 0 to 3."
    assert max(sizes.values()) <= 100, f"shard_of spreads 200 series unevenly over 4 shards: {dict(sizes)}."
    moved = [s for s, *found in zip(many, *places, strict=True) if len(set(found)) > 1]
    assert not moved, (
        f"In another process shard_of returns another shard for {len(moved)} of 200 series: {moved[0]}, …"
    )

    # Three threads, each with its own metric.
    hosts = {f"load-{k}": draw_names(rng, f"m{k}", 8) for k in range(3)}
    batches_of = [
        in_batches([sources.sample(metric, own[k % 8], start - STEP_S * (240 - k)) for k in range(240)], 6)
        for metric, own in hosts.items()
    ]
    play(learner, opened(start, shards=n_shards))
    sums = learner.scenario(
        "from_threads", batches_of=batches_of, returns=({str: int},) * 3, deadline_s=CALL_S
    )
    assert [s.get("accepted") for s in sums] == [240] * 3, (
        f"Three threads ingested 240 new samples each, but {[s.get('accepted') for s in sums]} were accepted."
    )
    questions = [(metric, "last", 60.0, start) for metric in hosts]
    *seen, stats, _ = play(learner, *[["query", *q] for q in questions], ["stats"], ["close"])
    for answer, question, batches in zip(seen, questions, batches_of, strict=True):
        check_answer(answer, batches[-1][-1][4], question, 240)
    check_stats(stats, received=3 * 240, stored=3 * 240)

    ingested = [s for batches in batches_of for batch in batches for s in batch]
    check_archive(learner, ingested)
    check_order(learner.world.writes, [s[:3] for s in ingested])
    by_series = pids_of(learner.world)
    torn = [series for series, pids in by_series.items() if len(pids) > 1]
    assert not torn, f"{len(torn)} series were archived by more than one process, for example {torn[0]}."
    series = list(by_series)
    shards = learner.scenario("shards_here", series=series, shards=n_shards, returns=shards_of(series))
    pairs = {(shard, *pids) for shard, pids in zip(shards, by_series.values(), strict=True)}
    observe(len({pid for _, pid in pairs}), limit=n_shards, unit="processes")
    assert len(pairs) == len({shard for shard, _ in pairs}) == len({pid for _, pid in pairs}), (
        f"Each shard must be a process of its own, but shard_of and the archive show {len(pairs)} different "
        f"pairs of shard and process for {n_shards} shards."
    )


@behaviour(points=6, category="performance", stage=3)
def test_few_writes_side_by_side(learner, rng, observe):
    """An ingest makes at most one write per shard, all at the same time, and returns when they are made."""
    world, start, sources, n_shards = learner.world, draw_start(rng), Sources(rng), draw_shards(rng)
    hosts = draw_names(rng, "web", 60)
    first = [sources.sample("load", host, start - 200) for host in hosts]
    samples = [
        sources.sample("load", hosts[k % 60], start - STEP_S * k) for k in rng.permutation(900).tolist()
    ]
    batches = [[*batch, *batch[:10]] for batch in in_batches(samples, 5)]
    _, one = play(learner, opened(start, shards=n_shards), ["ingest", first])  # starts all processes
    check_ingests([one], [{"accepted": len(first), "duplicates": 0, "late": 0}])
    n_before = world.ledger.count("archive")
    world.meet_from, world.write_together = n_before, n_shards
    ingests: list[list[Any]] = [step for batch in batches for step in (["ingest", batch], ["mark"])]
    *seen, count, _ = play(learner, *ingests, ["query", "load", "count", 600.0, start], ["close"])
    check_ingests(seen[::2], [{"accepted": 180, "duplicates": 10, "late": 0}] * len(batches))
    n_samples = len(first) + len(samples)
    check_answer(count, n_samples, ("load", "count", 600.0, start), n_samples)
    check_archive(learner, [*first, *samples])
    done: list[Sample] = [*first]
    for number, (mark, batch) in enumerate(zip(world.marks, batches, strict=True), 1):
        done += batch[:180]
        check_returned(world.writes[: mark.n_writes], done, f"Ingest {number} of {len(batches)}")
    n_writes, limit = world.ledger.count("archive") - n_before, len(batches) * n_shards
    made = peak(e for e in world.ledger.entries("archive", "ok") if e.args[0].strip())  # none for show
    observe(n_writes, limit=limit, unit="writes")
    assert n_writes <= limit, (
        f"{len(batches)} ingests of {len(batches[0])} samples on {n_shards} shards made {n_writes} writes, "
        f"expected at most {limit}."
    )
    assert made >= n_shards, (
        f"At most {made} of {n_shards} shards wrote at the same time: they wait for each other."
    )


@behaviour(points=8, category="performance", stage=3)
def test_queries_while_samples_arrive(learner, rng, observe):
    """Queries are answered while 20,000 samples arrive and the archive makes every shard wait."""
    world = learner.world
    trial = world.slow_archive(rng)
    steady, question = trial.before.inputs["steps"][1][1], list(trial.inputs["question"])
    flood, start = [sample for batch in trial.inputs["batches"] for sample in batch], question[-1]
    oracle = Oracle()
    oracle.ingest(steady, start)
    world.hold_from = None
    _, one = play(learner, opened(start, shards=N_RACE_SHARDS), ["ingest", steady])
    check_ingests([one], [{"accepted": 200, "duplicates": 0, "late": 0}])
    world.hold_from = world.ledger.count("archive") + 2 * N_RACE_SHARDS
    seen = learner.scenario(
        "flood_and_ask",
        batches=trial.inputs["batches"],
        question=question,
        returns={"n_answers": int, "ingested": {str: int}},
        deadline_s=14.0,
    )
    assert seen["ingested"].get("accepted") == len(flood), (
        f"{len(flood)} new samples were ingested, but ingest returned {seen['ingested']!r} in total."
    )
    asked = [("steady", "mean", world.asked[number][0], start) for number in world.answers]
    forms = (named(NUMBER, said("query", one)) for one in asked)
    answers = [promised(a, form, "query()") for a, form in zip(world.answers.values(), forms, strict=True)]
    check_queries(answers, asked, oracle)
    after, _ = play(learner, ["query", "flood", "count", 600.0, start], ["close"])
    check_answer(after, len(flood), ("flood", "count", 600.0, start), len(flood))
    check_archive(learner, [*steady, *flood])
    n_writes = world.ledger.count("archive")
    observe(world.n_meanwhile, limit=world.answers_wanted, unit="answers meanwhile")
    assert n_writes > world.hold_from, f"20,200 samples were archived in only {n_writes} writes."
    assert world.was_answered, (
        f"The archive held the writes of an ingest until {world.answers_wanted} queries had been answered, "
        f"or for five seconds. Only {world.n_meanwhile} were answered meanwhile: queries waited for writes."
    )


# -- memory ----------------------------------------------------------------------------------------


def poured_sum(metric_number: int, n_poured: int) -> float:
    """The sum of what is left of a metric after `n_poured` samples of scenarios.pour."""
    kept = range(n_poured - POURED_SERIES * POUR_CAPACITY, n_poured)
    return math.fsum(k * 7919 % 1000 / 8 for k in kept if k % 4 == metric_number)


def expire_before_dropping(learner: Any, start: float, sources: Sources) -> None:
    """What has expired in full series is not dropped when new samples come in before anybody has asked."""
    old = [sources.sample("load", f"web-{k % 2}", start - STEP_S * k) for k in range(8)]
    now = start + 100.0
    new = [sources.sample("load", f"web-{k % 2}", now - STEP_S * k) for k in range(10)]
    _, *seen, stats, count, _ = play(
        learner, opened(start, retention_s=60.0, capacity=4),
        ["ingest", old], ["clock", now], ["ingest", new], ["stats"], ["query", "load", "count", 600.0, now],
        ["close"],
    )  # fmt: skip
    check_ingests(seen[::2], [{"accepted": len(s), "duplicates": 0, "late": 0} for s in (old, new)])
    check_stats(stats, accepted=18, stored=8, expired=8, dropped=2, lost=0)
    check_answer(count, 8, ("load", "count", 600.0, now), 8)
    check_archive(learner, [*old, *new])


@behaviour(points=9, category="memory", stage=4)
def test_memory_is_bounded(learner, rng, observe):
    """Series keep their newest samples, drops are counted, and memory stays bounded."""
    start = draw_start(rng)
    expire_before_dropping(learner, start, Sources(rng))
    n_before = len(learner.world.writes)
    full = POURED_SERIES * POUR_CAPACITY
    play(learner, opened(start, capacity=POUR_CAPACITY))

    def pour(first: int, n_samples: int, deadline_s: float) -> None:
        seen = learner.scenario(
            "pour", first=first, n_batches=n_samples // POUR_BATCH, batch_size=POUR_BATCH, start=start,
            returns=named(INGESTED, "ingest()"), deadline_s=deadline_s,
        )  # fmt: skip
        check_ingests([seen], [{"accepted": n_samples, "duplicates": 0, "late": 0}])
        n_poured = first + n_samples
        now = start + (n_poured - 1) // POURED_SERIES
        question = ("disk-1", "sum", 500.0, now)
        total, stats = play(learner, ["query", *question], ["stats"])
        check_answer(total, poured_sum(1, n_poured), question, full // 4, TOLERANCE * full * 125)
        check_stats(stats, accepted=n_poured, stored=full, dropped=n_poured - full, expired=0, lost=0)

    pour(0, WARM_SAMPLES, 12.0)
    with learner.memory() as held:
        pour(WARM_SAMPLES, POURED_SAMPLES, 30.0)
    observe(round(held.peak_bytes / 1e6, 1), limit=HELD_MB, unit="MB")
    assert held.peak_bytes <= HELD_MB * 1e6, (
        f"While {POURED_SAMPLES:,} samples passed through {POURED_SERIES} full series, caller and workers "
        f"together grew by {held.peak_bytes / 1e6:.0f} MB (the caller by {held.driver_bytes / 1e6:.0f} MB), "
        f"expected at most {HELD_MB} MB. Something still holds what has been dropped."
    )
    check_writers(learner.world)
    n_archived = sum(write.lines.count("\n") + 1 for write in learner.world.writes[n_before:])
    assert n_archived == WARM_SAMPLES + POURED_SAMPLES, (
        f"{WARM_SAMPLES + POURED_SAMPLES:,} samples were accepted, but {n_archived:,} were archived."
    )
    now = start + (WARM_SAMPLES + POURED_SAMPLES) // POURED_SERIES + 600
    _, count, stats, _ = play(
        learner, ["clock", now], ["query", "disk-1", "count", 1e6, now], ["stats"], ["close"]
    )
    check_answer(count, 0, ("disk-1", "count", 1e6, now), 0)
    check_stats(stats, stored=0, expired=full, lost=0)


# -- faults ----------------------------------------------------------------------------------------


@behaviour(points=8, category="resilience", required=True, stage=5)
def test_killed_shard(learner, rng, observe):
    """A killed shard loses only what it held, stats counts the loss, and alerts do not change."""
    world, start, sources = learner.world, draw_start(rng), Sources(rng)
    metrics = draw_names(rng, "load", 24)
    samples = [
        sources.sample(metric, f"web-{k}", start - STEP_S * n)
        for k, metric in enumerate(metrics)
        for n in range(20)
    ]
    batches = in_batches(shuffled(rng, samples), 4)
    rules = [
        threshold("hot", metrics[0], aggregate="max", window_s=300.0, limit=0.5, clear=0.25),
        no_data("silent", metrics[0], 30.0),
    ]
    counts = [["query", metric, "count", 300.0, start] for metric in metrics]
    steps = [["clock", start], *[["ingest", batch] for batch in batches], ["alerts", start], ["stats"]]
    # The monitor is older than its samples: a loss must not look like silence since its creation.
    _, _, *seen, changes, stats = play(learner, opened(start - 100, rules), *steps)
    check_ingests(seen, [{"accepted": len(batch), "duplicates": 0, "late": 0} for batch in batches])
    hottest = max(sample[4] for sample in samples if sample[0] == metrics[0])
    check_changes(changes, [{"rule": "hot", "event": "raised", "at": start, "value": hottest}], "At first")
    check_stats(stats, stored=480, lost=0, restarts=0, firing=["hot"])

    check_archive(learner, samples)
    by_series = pids_of(world)
    (victim, *_) = by_series[metrics[0], "web-0"]
    learner.kill(victim)
    now = start + 10
    *seen, changes, stats = play(learner, *counts, ["clock", now], ["alerts", now], ["stats"])
    if any(actor.pid == victim for actor in learner.actors()):
        void("the shard's process is still alive")
    hit = [by_series[metric, f"web-{k}"] == {victim} for k, metric in enumerate(metrics)]
    n_lost = 20 * sum(hit)
    for step, answer, was_hit in zip(counts, seen, hit, strict=False):
        check_answer(answer, 0 if was_hit else 20, tuple(step[1:]), 0 if was_hit else 20)
    check_changes(changes, [], "After a shard was killed")
    check_stats(
        stats, accepted=480, stored=480 - n_lost, lost=n_lost, restarts=1, dropped=0, expired=0,
        firing=["hot"],
    )  # fmt: skip

    again = shuffled(rng, samples)
    one, *seen, changes, stats, _ = play(
        learner, ["ingest", again], *counts, ["alerts", now], ["stats"], ["close"]
    )
    check_ingests([one], [{"accepted": n_lost, "duplicates": 480 - n_lost, "late": 0}])
    for step, answer in zip(counts, seen, strict=True):
        check_answer(answer, 20, tuple(step[1:]), 20)
    check_changes(changes, [], "After everything was sent again")
    check_stats(stats, received=960, stored=480, lost=n_lost, restarts=1, firing=["hot"])
    observe(n_lost, limit=n_lost, unit="samples lost")


@behaviour(points=6, category="resilience", stage=5)
def test_killed_in_mid_write(learner, rng, observe):
    """When a shard is killed during a write, the samples under way are still stored, once."""
    world, start, sources = learner.world, draw_start(rng), Sources(rng)
    metrics = draw_names(rng, "load", 16)
    batches = [
        shuffled(rng, [sources.sample(m, "web", start - k - STEP_S * n) for m in metrics for n in range(3)])
        for k in range(8)
    ]
    series = [(metric, "web") for metric in metrics]
    shards = learner.scenario("shards_here", series=series, shards=2, returns=shards_of(series))
    first = shards[0]
    assert set(shards) == {0, 1}, f"shard_of puts 16 series on the shards {set(shards)}, expected {{0, 1}}."
    killed_in = {first: 3, 1 - first: 5}  # shard -> number of the batch
    victims = {
        shard: next(s[:3] for s in batches[number] if shards[metrics.index(s[0])] == shard)
        for shard, number in killed_in.items()
    }
    world.kill_before, world.kill_after = {victims[first]}, {victims[1 - first]}

    questions = [(metric, "count", 300.0, start) for metric in metrics]
    steps = [["ingest", batch] for batch in batches] + [["query", *q] for q in questions]
    _, *seen, stats, _ = play(learner, opened(start), *steps, ["stats"], ["close"])
    everything = [sample for batch in batches for sample in batch]
    assert world.writes, "Nothing was archived."
    killed = world.ledger.count("archive", "killed")
    observe(killed, limit=2, unit="shards killed")
    if killed < 2:
        check_archive(learner, everything, once=False)
        void(f"{killed} of 2 shards were killed while they wrote")
    n_each = len(batches[0])
    check_ingests(seen[: len(batches)], [{"accepted": n_each, "duplicates": 0, "late": 0}] * len(batches))
    kept = [3 * (len(batches) - killed_in[shard]) for shard in shards]
    for answer, question, n in zip(seen[len(batches) :], questions, kept, strict=True):
        check_answer(answer, n, question, n)
    check_stats(
        stats, accepted=len(everything), stored=sum(kept), lost=len(everything) - sum(kept), restarts=2,
        duplicates=0,
    )  # fmt: skip
    check_archive(learner, everything, once=False)


@behaviour(points=3, category="resilience", stage=4)
def test_nothing_left_behind(learner, rng, observe):
    """After close, nothing is left on the cluster."""
    start, sources = draw_start(rng), Sources(rng)
    samples = [sources.sample("load", f"web-{k % 9}", start - STEP_S * k) for k in range(90)]
    highest = max(sample[4] for sample in samples)
    rule = threshold("any", "load", aggregate="max", window_s=300.0, limit=0.5, clear=0.5)
    _, one, count, changes, stats, _, _ = play(
        learner, opened(start, [rule], shards=3),
        ["ingest", samples], ["query", "load", "count", 300.0, start], ["alerts", start], ["stats"],
        ["close"], ["close"],
    )  # fmt: skip
    check_ingests([one], [{"accepted": 90, "duplicates": 0, "late": 0}])
    check_answer(count, 90, ("load", "count", 300.0, start), 90)
    check_changes(
        changes, [{"rule": "any", "event": "raised", "at": start, "value": highest}], "At the start"
    )
    check_stats(stats, stored=90, firing=["any"])
    check_archive(learner, samples)
    left = learner.leftovers(within_s=5.0)
    observe(len(left), limit=0, unit="left")
    assert not left, f"After close these are left: {'; '.join(left)}"


# -- speed -----------------------------------------------------------------------------------------


@behaviour(points=11, category="performance", stage=4)
def test_speed(learner, race, rng):
    """20,000 samples in 50 ingests, as fast as the reference."""
    this_race = int(rng.integers(1, 2**31))
    epoch_s, rounds = draw_start(rng), {}
    metrics, hosts = draw_names(rng, "load", 4), draw_names(rng, "web", 10)
    names = [(metric, host) for host in hosts for metric in metrics]
    n_new = N_RACE_BATCHES * N_RACE_NEW

    def draw(world: Any, rng: np.random.Generator) -> tuple[tuple[Any, ...], dict[str, Any]]:  # noqa: ARG001
        number = rounds.setdefault(int(rng.integers(2**62)), len(rounds))  # time never runs backwards
        start = epoch_s + 5000.0 * (number + 1)
        series = rng.permutation(np.arange(n_new) % len(names))
        values = rng.uniform(1, 1000, size=n_new)
        windows = rng.permutation(np.linspace(375.01, 399.01, N_RACE_QUESTIONS)).tolist()
        questions = [
            [metrics[k % 4], ("max", "mean")[k % 2], window_s, start] for k, window_s in enumerate(windows)
        ]
        return (this_race, start, names, series, values, N_RACE_BATCHES, questions), {}

    def check(world: Any, args: tuple[Any, ...], _kwargs: dict[str, Any], value: Any) -> None:
        _, start, _, series, values, _, questions = args
        check_round(world, names, series, value)
        check_writers(world)
        times = start - 400 + np.arange(n_new) / 64
        metric_of = np.array([metric for metric, _ in names])[series]
        size = n_new // len(questions)
        for number, (answer, question) in enumerate(zip(value["answers"], questions, strict=True), 1):
            metric, aggregate, window_s, now = question
            there = (metric_of == metric) & (times > now - window_s) & (times <= now)
            found = values[: number * size][there[: number * size]].tolist()
            expected = aggregate_of(aggregate, [(0.0, 0, v) for v in found])
            check_answer(answer, expected, tuple(question), len(found), margin(aggregate, found))

    returns = {
        "ingested": {str: int},
        "answers": (named(NUMBER, "query()"),) * N_RACE_QUESTIONS,
        "marks": (int,) * (N_RACE_BATCHES + 1),
        "stats": named(STATS, "stats()"),
    }
    race.run("kata_flood", draw=draw, returns=returns, check=check, naive_ratio=8.0, deadline_s=12.0)
    play(learner, ["close"])


def check_round(world: Any, names: list[tuple[str, str]], series: np.ndarray, value: dict[str, Any]) -> None:
    """A round of the race kept what is promised elsewhere: what was counted, and archived when and how.

    There is a mark before each ingest, which its samples are numbered from: so nobody knows them any earlier,
    and the marks are where they seem to be.
    """
    marks = [mark.number for mark in world.marks]
    assert list(value["marks"]) == marks, "The marks of a round are not those that were handed out."
    wanted = {
        "accepted": len(series), "duplicates": N_RACE_TWICE * N_RACE_BATCHES, "late": N_RACE_BATCHES,
    }  # fmt: skip
    assert value["ingested"] == wanted, (
        f"{N_RACE_BATCHES} ingests returned {value['ingested']!r} in all, expected {wanted!r}."
    )
    check_stats(value["stats"], stored=len(series), dropped=0, lost=0, restarts=0)
    samples = [(*names[s], marks[k // N_RACE_NEW] + k % N_RACE_NEW) for k, s in enumerate(series.tolist())]
    check_lines(world.writes, samples, once=True)
    for number, mark in enumerate(world.marks[1:], 1):
        so_far = sum(len(write.names) for write in world.writes[: mark.n_writes])
        assert so_far == number * N_RACE_NEW, (
            f"After {number} of {N_RACE_BATCHES} ingests, {so_far} of {number * N_RACE_NEW} samples were in "
            "the archive."
        )
    limit = N_RACE_BATCHES * N_RACE_SHARDS
    assert len(world.writes) <= limit, (
        f"{N_RACE_BATCHES} ingests on {N_RACE_SHARDS} shards made {len(world.writes)} writes, expected at "
        f"most {limit}."
    )
    torn = [one for one, pids in pids_of(world).items() if len(pids) > 1]
    assert not torn, f"{len(torn)} series were archived by more than one process, for example {torn[0]}."
    check_order(world.writes, samples)
