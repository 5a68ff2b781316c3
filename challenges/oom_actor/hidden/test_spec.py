"""What SensorStats and process must do, one behaviour per test.

The grader's books show whether chunks overlap and fit the budget, and the figures show that they come from
these chunks, because each is shifted differently. Where an actor keeps its state is shown by what it
continues from when the state store is put back. The memory of the processes is measured from outside.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grader.suite import Entry, Observation, behaviour, either, named, peak, same, void

TOLERANCE = 1e-9
RANK_LOW, RANK_HIGH = 0.985, 0.995
FIGURES = ("count", "mean", "std", "min", "max", "p99")
FORM = {"count": int} | dict.fromkeys(FIGURES[1:], float | None)
SUMMARY = FORM | {"batches": int, "recent_mean": float | None}
RESULT = {"files": {str: either(FORM, {"error": str})}, "total": FORM}
READING_BYTES = 8
MB = 1_000_000

BATCH_READINGS = 500_000  # 4 MB
N_BATCHES = 200
MAX_GROWN_BYTES = 60 * MB
STREAM_LIMIT_BYTES = 200 * MB
MAX_PINNED_BYTES = 12 * MB
MAX_STORE_BYTES = 60 * MB
PROCESS_LIMIT_BYTES = 150 * MB
RACE_SHAPE = (12, 250_000)  # files of 2 MB
RACE_BUDGET_BYTES = 4 * MB
SETTLE_S = 5.0  # how long Ray may take to free what nothing refers to
STEADY_S = 1.5
CALL_S = 25.0  # against hangs only
KILL_WITHIN_S = 10.0

Figures = dict[str, Any]
Batch = tuple[int, np.ndarray]


# -- the truth -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """Some readings as they were handed out; the array itself is shared, for it may be large."""

    stored: np.ndarray
    shift: float = 0.0

    def readings(self) -> np.ndarray:
        """The readings without NaN."""
        missing = np.isnan(self.stored)
        return (self.stored[~missing] if missing.any() else self.stored) + self.shift


def truth(parts: Sequence[np.ndarray | Part]) -> Figures:
    """The figures of all readings in these parts, with the parts themselves in place of p99."""
    known = [part if isinstance(part, Part) else Part(part) for part in parts]
    return together([_truth_of(part) for part in known])


def _truth_of(part: Part) -> Figures:
    readings = part.readings()
    if not readings.size:
        return {"count": 0} | dict.fromkeys(FIGURES[1:])
    first = readings[0]
    apart = readings - first  # exact where readings lie close to each other and far from zero
    return {
        "count": readings.size,
        "mean": float(first + apart.mean()),
        "std": float(apart.std()),
        "min": float(readings.min()),
        "max": float(readings.max()),
        "p99": [part],
    }


def together(parts: Sequence[Figures]) -> Figures:
    """The figures of several parts from the figures of each."""
    filled = [part for part in parts if part["count"]]
    if not filled:
        return {"count": 0} | dict.fromkeys(FIGURES[1:])
    n, first = sum(part["count"] for part in filled), filled[0]["mean"]
    mean = first + math.fsum(part["count"] * (part["mean"] - first) for part in filled) / n
    squares = math.fsum(part["count"] * (part["std"] ** 2 + (part["mean"] - mean) ** 2) for part in filled)
    return {
        "count": n,
        "mean": mean,
        "std": math.sqrt(squares / n),
        "min": min(part["min"] for part in filled),
        "max": max(part["max"] for part in filled),
        "p99": [piece for part in filled for piece in part["p99"]],
    }


def summary_of(batches: Sequence[tuple[int, np.ndarray | Part]], last_k: int) -> Figures:
    """What `summary` has to return after these batches; each number counts once."""
    by_number = dict(batches)
    recent = [by_number[number] for number in sorted(by_number)[-last_k:]]
    return {
        **truth(list(by_number.values())),
        "batches": len(by_number),
        "recent_mean": truth(recent)["mean"],
    }


def check_figures(seen: Figures, right: Figures, where: str) -> None:
    """Check the values of figures or of a summary."""
    for key, value in right.items():
        if key == "p99" and value is not None:
            assert seen["p99"] is not None, f"{where}: `p99` is None, expected a float."
            check_p99(seen["p99"], value, where)
        else:
            tolerance = TOLERANCE if key in ("mean", "std", "recent_mean") else 0.0
            same(seen[key], value, f"{where}: `{key}`", within=tolerance, rel=tolerance)


def some_of(*keys: str) -> dict[Any, Any]:
    """The form of a summary where only these figures matter: each is there and a number."""
    return {key: int if key in ("count", "batches") else float for key in keys} | {...: ...}


def check_p99(seen: float, parts: Sequence[Part], where: str) -> None:
    """Check by counting that v[low] <= seen <= v[high], where v are the sorted readings."""
    n = below = up_to = 0
    spare = TOLERANCE * (1 + abs(seen))
    for part in parts:
        readings = part.readings()
        n += readings.size
        below += int(np.count_nonzero(readings < seen - spare))
        up_to += int(np.count_nonzero(readings <= seen + spare))
    low, high = math.floor(RANK_LOW * (n - 1)), math.ceil(RANK_HIGH * (n - 1))
    assert up_to > low and below <= high, (  # noqa: PT018 - one statement about a rank
        f"{where}: `p99` is {seen!r}. Of {n} readings, {below / n:.2%} are smaller and {up_to / n:.2%} are "
        f"not larger; its rank has to be between {RANK_LOW:.1%} and {RANK_HIGH:.1%}."
    )


# -- actors --------------------------------------------------------------------------------------


def draw_name(rng: np.random.Generator) -> str:
    return f"field-{rng.integers(10**9)}"


def job(rng: np.random.Generator, batches: list[Batch], *, last_k: int | None, looks: Sequence[int]) -> dict:
    return {"name": draw_name(rng), "last_k": last_k, "batches": batches, "looks": list(looks)}


def watch(learner: Any, jobs: list[dict[str, Any]], form: Any, places: list[list[str]]) -> Any:
    """The summaries from the learner's actors, a tuple per job.

    Args:
        learner: Whose actors.
        jobs: See `job`.
        form: The form of each summary.
        places: What messages call them, a list per job.
    """
    returns = tuple(tuple(named(form, place) for place in of_job) for of_job in places)
    before = len(learner.look("actors").actors)
    seen = learner.scenario("summaries", jobs=jobs, returns=returns, deadline_s=CALL_S)
    n_actors = len(learner.look("actors").actors) - before
    assert n_actors >= len(jobs), f"SensorStats was made {len(jobs)} times, but Ray saw {n_actors} new ones."
    return seen


def look(learner: Any, form: Any) -> Figures:
    """The summary of the actor that is streamed to."""
    returns = {"summary": either(named(form, "summary()"), None), "bytes": int}
    seen = learner.scenario("look", returns=returns, deadline_s=CALL_S)
    assert seen["summary"] is not None, (
        f"summary() returned no dict that can be looked at: pickled, it has {seen['bytes']:,} bytes."
    )
    summary: Figures = seen["summary"]
    return summary


def cut(readings: np.ndarray, lengths: Sequence[int]) -> list[Batch]:
    """Batches of these lengths, numbered from 0."""
    ends = np.cumsum(lengths)
    assert ends[-1] == readings.size, "our defect: lengths do not fit"
    return list(enumerate(np.split(readings, ends[:-1])))


@dataclass(frozen=True, slots=True)
class Stream:
    """Large batches of a stream whose readings drift: what came early says little about what comes late."""

    bases: list[np.ndarray]
    drift: float

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> Stream:
        """Readings of two kinds, of which neither tells the figures of the other."""
        kinds = [rng.normal(1.0, 1.0, BATCH_READINGS), rng.gamma(2.0, 1.5, BATCH_READINGS)]
        return cls(kinds, float(rng.uniform(0.01, 0.03)))

    def send(self, learner: Any, first: int, n: int) -> None:
        """Send `n` batches to the actor that is streamed to."""
        learner.scenario("stream", first=first, n=n, bases=self.bases, drift=self.drift, deadline_s=CALL_S)

    def summary(self, n: int, last_k: int) -> Figures:
        """What `summary` has to return after the first `n`."""
        parts = [Part(self.bases[i % len(self.bases)], i * self.drift) for i in range(n)]
        return summary_of(list(enumerate(parts)), last_k)


@contextlib.contextmanager
def streaming(learner: Any, name: str, last_k: int) -> Iterator[None]:
    """Keep an actor alive across several scenarios."""
    before = {actor.pid for actor in learner.actors()}
    try:
        learner.scenario("open_stream", key=name, last_k=last_k, deadline_s=CALL_S)
        found = {actor.pid for actor in learner.actors() if actor.state == "ALIVE"} - before
        assert found & learner.worker_pids(), (
            "SensorStats was made, but no actor lives: it has to be a Ray actor."
        )
        yield
    finally:
        with contextlib.suppress(Observation):
            learner.scenario("close_stream", deadline_s=CALL_S)


# -- files ---------------------------------------------------------------------------------------


@pytest.fixture
def archive(learner: Any) -> Iterator[Any]:
    """The archive of the test's world; empty, and gone after the test."""
    yield learner.world.archive
    learner.world.archive.remove()


def process(learner: Any, paths: list[str], budget_bytes: int) -> Any:
    return learner.call("process", paths, memory_budget_bytes=budget_bytes, returns=RESULT, deadline_s=CALL_S)


def check_result(
    world: Any,
    seen: dict[str, Any],
    files: dict[str, np.ndarray],
    *,
    errors: dict[str, str] | None = None,
    since: int = 0,
) -> list[Entry]:
    """Check the result of one call of `process` against what was handed out for it.

    Args:
        world: Whose books to read.
        seen: The result.
        files: Readings of the good files, by path.
        errors: Reasons of the bad files, by path.
        since: Number of the call's first entry in the ledger.

    Returns:
        The chunks that the figures were computed from.
    """
    errors = errors or {}
    check_paths(seen, [*files, *errors])
    for path, reason in errors.items():
        told, wanted = seen["files"][path], {"error": reason}
        assert told == wanted, f"{Path(path).name} is a bad file; its entry is {told!r}, expected {wanted!r}."
    for path in files:
        told = seen["files"][path]
        assert "error" not in told, f"{Path(path).name} is a good file; its entry is {told!r}."
    chunks = [chunk for chunk in world.chunks() if chunk.number >= since]
    check_readers(world, chunks)
    used: list[Entry] = []
    rights: list[Figures] = []
    for path, stored in files.items():
        read = check_read_once(path, stored, [chunk for chunk in chunks if chunk.args[0] == path])
        used += read
        rights.append(truth([handed_out(world, stored, chunk) for chunk in read]))
        check_figures(seen["files"][path], rights[-1], Path(path).name)
    check_figures(seen["total"], together(rights), "total")
    return used


def handed_out(world: Any, stored: np.ndarray, chunk: Entry) -> Part:
    """The readings of a chunk as they were delivered."""
    _, first, count = chunk.args
    return Part(stored[first : first + count], world.shifts[chunk.number])


def check_paths(seen: dict[str, Any], paths: list[str]) -> None:
    """Check that the result has these files and no other."""
    missing = [path for path in paths if path not in seen["files"]]
    assert not missing, f"{len(missing)} of {len(paths)} files are not in the result: {shown(missing)}."
    strange = [path for path in seen["files"] if path not in set(paths)]
    assert not strange, f"The result has files that were not asked for: {shown(strange)}."


def shown(paths: Sequence[str]) -> str:
    names = [Path(path).name for path in paths]
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def check_read_once(path: str, stored: np.ndarray, chunks: Sequence[Entry]) -> list[Entry]:
    """Check that these chunks hold every reading of the file once; return those that hold any."""
    asked = sorted((chunk for chunk in chunks if chunk.args[2]), key=lambda chunk: chunk.args[1])
    delivered = [chunk for chunk in asked if chunk.outcome == "ok"]
    name, n = Path(path).name, sum(chunk.args[2] for chunk in asked)
    end = 0
    for chunk in delivered:
        assert chunk.args[1] <= end, (
            f"Of {name}, the readings {end} to {chunk.args[1] - 1} were not read with service.chunk."
        )
        end = max(end, chunk.args[1] + chunk.args[2])
    assert end >= stored.size, (
        f"Of {name}, only {end} of {stored.size} readings were read with service.chunk."
    )
    assert n == stored.size, (
        f"{name} has {stored.size} readings, but chunks of {n} were asked for: each is read once in a call."
    )
    return asked


def check_readers(world: Any, chunks: Sequence[Entry]) -> None:
    """Check that only Ray workers asked for these chunks."""
    workers = world.worker_pids()
    elsewhere = {chunk.pid for chunk in chunks} - workers
    n = sum(chunk.pid in elsewhere for chunk in chunks)
    assert not n, (
        f"{n} of {len(chunks)} chunks were read outside Ray's workers, by process "
        f"{', '.join(map(str, sorted(elsewhere)[:4]))}."
    )


def chunk_bytes(chunks: Sequence[Any]) -> int:
    return sum(chunk.args[2] for chunk in chunks) * READING_BYTES


def check_budget(world: Any, budget_bytes: int, since: int = 0) -> int:
    """Check that open chunks never counted more than the budget; return the most they counted."""
    most = world.most_open([chunk for chunk in world.chunks() if chunk.number >= since])
    counted = chunk_bytes(most)
    each = ", ".join(f"{chunk_bytes([chunk]) / MB:.2f} MB" for chunk in most[:6])
    assert counted <= budget_bytes, (
        f"The budget was {budget_bytes / MB:.2f} MB, but at one moment {len(most)} chunks were open that "
        f"counted {counted / MB:.2f} MB: {each}{', ...' if len(most) > 6 else ''}."
    )
    return counted


# -- the actor -----------------------------------------------------------------------------------


@behaviour(points=7, category="correctness", required=True, stage=1)
def test_figures_are_exact(learner, rng, observe):
    """Count, min, max, mean and std are exact, even far from zero."""
    lengths = [1, 7, 1000, 20_000, 3, 4000]
    near = rng.normal(rng.uniform(-5, 5), 2.0, sum(lengths))
    near[:1000] += 3.0
    far = rng.uniform(0.8e5, 1.1e5) + np.linspace(0.0, 2.0, 60_000) + rng.normal(0.0, 1.0, 60_000)
    jobs = [
        job(rng, cut(near, lengths), last_k=None, looks=[3, 6]),
        job(rng, cut(far, [3000] * 20), last_k=None, looks=[20]),
    ]
    places = [["after 3 batches", "after 6 batches"], [f"readings around {far.mean():.0f}"]]
    seen = watch(learner, jobs, some_of(*FIGURES), places)
    for wanted, answers, where in zip(jobs, seen, places, strict=True):
        for answer, n, place in zip(answers, wanted["looks"], where, strict=True):
            check_figures(answer, truth([batch for _, batch in wanted["batches"][:n]]), place)
    observe(near.size + far.size, unit="readings")


@behaviour(points=8, category="correctness", required=True, stage=1)
def test_p99(learner, rng, observe):
    """p99 is within half a percent of rank, whatever the distribution and order."""
    n = 100_000
    rising = np.sort(rng.lognormal(0.0, 1.5, n))
    falling = -np.sort(-rng.pareto(1.1, n))
    ties = rng.permutation(np.repeat([0.0, 1.0], [n - n // 50, n // 50]))  # one in fifty is a 1
    uneven = np.concatenate([
        rng.normal(20.0, 1.0, 60_000), rng.normal(90.0, 5.0, 2000), rng.normal(-3.0, 1.0, 38_000)
    ])  # fmt: skip
    streams: dict[str, list[Batch]] = {
        "sorted, small ones first": cut(rising, [4000] * 25),
        "heavy tail, large ones first": cut(falling, [4000] * 25),
        "zeros and a few ones": cut(ties, [4000] * 25),
        "long and short batches": cut(uneven, [60_000, *[100] * 20, *[3800] * 10]),
    }
    jobs = [job(rng, batches, last_k=None, looks=[len(batches)]) for batches in streams.values()]
    seen = watch(learner, jobs, some_of("count", "p99"), [[where] for where in streams])
    for (where, batches), (answer,) in zip(streams.items(), seen, strict=True):
        right = truth([batch for _, batch in batches])
        same(answer["count"], n, f"{where}: `count`")
        check_p99(answer["p99"], right["p99"], where)
    observe(len(streams), unit="distributions")


@behaviour(points=6, category="correctness", required=True, stage=1)
def test_recent_mean(learner, rng, observe):
    """recent_mean covers the k batches with the highest numbers, each of them once."""
    lengths = [30, 2000, 5, 700, 40, 1200, 9, 300]
    drawn = cut(rng.normal(0.0, 1.0, sum(lengths)) + np.repeat(np.arange(8.0), lengths), lengths)
    numbers = [0, 1, 4, 2, 7, 5, 3, 11]  # some come late, some are missing
    late = [(number, batch) for number, (_, batch) in zip(numbers, drawn, strict=True)]
    late += [late[2], late[-1]]  # sent again
    looks = [1, 2, 4, 5, 7, 8, 10]
    jobs = [job(rng, late, last_k=3, looks=looks), job(rng, drawn, last_k=None, looks=[8])]
    places = [f"last_k=3, after the numbers {[number for number, _ in late[:n]]}" for n in looks]
    usual = "last_k not given, after 8 batches"
    answers, (last,) = watch(learner, jobs, SUMMARY, [places, [usual]])
    for answer, n, place in zip(answers, looks, places, strict=True):
        check_figures(answer, summary_of(late[:n], 3), place)
    check_figures(last, summary_of(drawn, 8), usual)
    observe(len(looks) + 1, unit="summaries")


@behaviour(points=6, category="correctness", required=True, stage=1)
def test_nan_and_empty_batches(learner, rng, observe):
    """NaN is not a reading, but a batch without a reading counts as a batch."""
    nothing, only_nan = np.empty(0), np.full(40, np.nan)
    mixed = rng.normal(3.0, 1.0, 900)
    mixed[rng.choice(900, size=300, replace=False)] = np.nan
    plain = rng.normal(-2.0, 1.0, 30_000)
    order = [nothing, only_nan, mixed, plain, nothing, only_nan, mixed[:50]]
    batches = list(enumerate(order))
    looks = list(range(len(order) + 1))
    kinds = ["empty", "only NaN", "some NaN", "no NaN", "empty", "only NaN", "some NaN"]
    places = [f"last_k=2, after the batches ({'; '.join(kinds[:n])})" for n in looks]
    places[0] = "before any batch"
    (answers,) = watch(learner, [job(rng, batches, last_k=2, looks=looks)], SUMMARY, [places])
    for answer, n, place in zip(answers, looks, places, strict=True):
        check_figures(answer, summary_of(batches[:n], 2), place)
    observe(len(looks), unit="summaries")


@behaviour(points=9, category="memory", required=True, stage=2)
def test_actor_heap_stays_small(learner, rng, observe):
    """The actor's heap does not grow with the stream."""
    last_k, batches = 4, Stream.drawn(rng)
    # Watched from before the actor lives: a worker that has run a task is not taken for an actor, so its
    # process has not run a line of the solution yet and holds what an idle worker holds.
    with (
        learner.memory(limit_bytes=STREAM_LIMIT_BYTES) as held,
        streaming(learner, draw_name(rng), last_k=last_k),
    ):
        for first in (0, N_BATCHES // 2):
            batches.send(learner, first, N_BATCHES // 2)
        seen = look(learner, SUMMARY)
    grown = [n for pid, n in held.grown_bytes.items() if pid != learner.driver_pid]
    most = max(grown, default=0)
    observe(round(most / MB), limit=MAX_GROWN_BYTES // MB, unit="MB")
    assert most <= MAX_GROWN_BYTES, (
        f"While {N_BATCHES} batches of 4 MB went through the actor, the heap of one worker was "
        f"{most / MB:.0f} MB larger than that of an idle worker; the limit is {MAX_GROWN_BYTES // MB} MB."
    )
    check_figures(seen, batches.summary(N_BATCHES, last_k), f"after {N_BATCHES} batches of 4 MB")


@behaviour(points=8, category="memory", required=True, stage=2)
def test_actor_pins_no_batches(learner, rng, observe):
    """A batch leaves the object store once it has been added."""
    last_k, n, batches = 40, 60, Stream.drawn(rng)
    with streaming(learner, draw_name(rng), last_k=last_k):
        batches.send(learner, 0, n)
        seen = look(learner, SUMMARY)
        becomes(lambda: store_bytes(learner) <= MAX_PINNED_BYTES, SETTLE_S)
        pinned = store_bytes(learner)
    observe(round(pinned / MB), limit=MAX_PINNED_BYTES // MB, unit="MB")
    check_figures(seen, batches.summary(n, last_k), f"after {n} batches of 4 MB")
    assert pinned <= MAX_PINNED_BYTES, (
        f"An actor with last_k={last_k} was sent {n} batches of 4 MB and answered them all. {SETTLE_S:.0f} s "
        f"later the object store holds {pinned / MB:.0f} MB; the limit is {MAX_PINNED_BYTES // MB} MB. "
        "Something still refers to batches that were already added."
    )


def store_bytes(learner: Any) -> int:
    """Bytes in use in the object store right now."""
    return learner.look("store").store.used_bytes


def settled_store_bytes(learner: Any) -> int:
    """Bytes in use in the object store, once Ray has freed what earlier tests left (within a second)."""
    deadline_s = time.monotonic() + SETTLE_S
    seen, since_s = store_bytes(learner), time.monotonic()
    while seen and time.monotonic() < min(deadline_s, since_s + STEADY_S):
        time.sleep(0.05)
        now = store_bytes(learner)
        if now != seen:
            seen, since_s = now, time.monotonic()
    return seen


@behaviour(points=11, category="resilience", required=True, stage=4)
def test_killed_actor(learner, rng, observe):
    """An actor that is killed in mid-stream loses nothing and counts nothing twice."""
    world = learner.world
    batches = world.dead_actor(rng).inputs["jobs"][0]["batches"]
    with streaming(learner, draw_name(rng), last_k=4):
        send_all(learner, batches[:6])  # two kills
        backup = dict(world.states)
        send_all(learner, batches[6:12])
        send_and_kill(learner, batches[12:15], "before", backup)
        restored = look(learner, SUMMARY)
        send_all(learner, batches[6:18])
        send_and_kill(learner, batches[18:21], "after")
        send_all(learner, batches[21:])
        send_all(learner, [batches[20], batches[3], batches[23]])  # sent again
        seen = look(learner, SUMMARY)
        learner.scenario("reopen_stream", deadline_s=CALL_S)
        again = look(learner, SUMMARY)
    kills = world.ledger.count("save", "killed") + 2
    observe(kills, limit=4, unit="kills")
    from_backup = batches[:6] + batches[12:15]
    assert restored["batches"] == len(from_backup), (
        "An actor died with 3 batches unanswered, and the states of 6 answered batches were put back into "
        f"the store. Then it counted {restored['batches']} batches, expected {len(from_backup)}: what is "
        "answered is saved, and an actor continues from what service.load returns."
    )
    check_figures(restored, summary_of(from_backup, 4), "from a backup")
    right, found = summary_of(batches, 4), seen["batches"]
    assert found == len(batches), (
        f"{len(batches)} batches were sent and answered, some of them twice, while the actor was killed "
        f"{kills} times. It counted {found} batches."
    )
    check_figures(seen, right, "after the kills")
    check_figures(again, right, "a new actor with the name of the dead one")
    elsewhere = {entry.pid for entry in world.ledger.entries("save")} - learner.worker_pids()
    assert not elsewhere, f"Process {min(elsewhere)} saved a state, and it is no Ray worker."
    if world.ledger.count("save", "killed") < len(world.kill_at_save):
        void("not every save that kills was reached")


def send_and_kill(
    learner: Any, batches: list[Batch], when: str, backup: dict[str, bytes] | None = None
) -> None:
    """Send batches, kill actors and whoever is saving, and then let the batches be answered.

    Args:
        learner: Whose actor.
        batches: New ones.
        when: Whether they die "before" or "after" the state is stored.
        backup: States that are put back before the actor can start over.
    """
    world = learner.world
    world.hold_saves = when
    learner.scenario("send", batches=batches, ahead=len(batches), wait=False, deadline_s=CALL_S)
    becomes(lambda: world.n_saves_held > 0, KILL_WITHIN_S)
    saving = {entry.pid for entry in world.open("save")}
    assert saving, (
        f"{len(batches)} new batches were sent, and no state was saved within {KILL_WITHIN_S:.0f} s."
    )
    if backup is not None:
        world.states = dict(backup)
    for pid in saving | {actor.pid for actor in learner.actors() if actor.state == "ALIVE"}:
        with contextlib.suppress(ValueError):
            learner.kill(pid)
    becomes(lambda: not world.open("save"), KILL_WITHIN_S)
    world.hold_saves = None
    send_all(learner, [])


def send_all(learner: Any, batches: list[Batch]) -> None:
    learner.scenario("send", batches=batches, ahead=3, wait=True, deadline_s=CALL_S)


def becomes(condition: Callable[[], bool], within_s: float) -> None:
    """Wait until the condition is true or the time is up."""
    deadline_s = time.monotonic() + within_s
    while not condition() and time.monotonic() < deadline_s:
        time.sleep(0.005)


# -- the archive ---------------------------------------------------------------------------------


@behaviour(points=6, category="correctness", required=True, stage=3)
def test_files_and_total(learner, rng, observe, archive):
    """Each file gets its figures, and so do all files together."""
    lengths = [1, 40_000, 0, 7, 90_000, 2500]
    drawn = [rng.normal(level, 1.0 + level, n) for level, n in enumerate(lengths)]
    drawn[4] = np.sort(drawn[4])
    drawn[5][rng.choice(2500, size=700, replace=False)] = np.nan
    files = archive.add_all(drawn)
    seen = process(learner, list(files), 4 * MB)
    check_result(learner.world, seen, files)
    check_result(learner.world, process(learner, [], 4 * MB), {})
    observe(len(files), unit="files")


@behaviour(points=7, category="resilience", required=True, stage=3)
def test_bad_files(learner, rng, observe):
    """A bad file is reported, and the rest is completed."""
    (paths,) = learner.world.bad_files(rng).args
    files, errors = learner.world.files, learner.world.errors
    seen = process(learner, paths, MB)
    check_result(learner.world, seen, files, errors=errors)
    check_budget(learner.world, MB)
    only_bad = process(learner, list(errors), MB)
    check_result(learner.world, only_bad, {}, errors=errors)
    observe(len(errors), unit="bad files")


@behaviour(points=8, category="memory", required=True, stage=3)
def test_budget_is_kept(learner, rng, observe, archive):
    """Open chunks never count more than the budget, however large the files are."""
    world = learner.world
    world.latency_s, world.bytes_per_s = 0.02, 400e6
    lengths = [3_000_000, 200_000, 30_000, 650_000, 30_000, 500_000, 100_000, 300_000]
    files = archive.add_all([rng.normal(2.0, 1.0, n) for n in lengths])
    for budget_bytes, paths in ((8_000_001, list(files)), (MB, list(files)[1:6])):
        asked, since = {path: files[path] for path in paths}, world.ledger.count()
        check_result(world, process(learner, paths, budget_bytes), asked, since=since)
        counted = check_budget(world, budget_bytes, since)
        observe(round(counted / MB, 2), limit=round(budget_bytes / MB, 2), unit="MB")


@behaviour(points=4, category="performance", required=True, stage=3)
def test_budget_is_used(learner, rng, observe):
    """At least two chunks are open at a time and fill half the budget."""
    world, budget_bytes = learner.world, 4 * MB
    world.held_chunks(rng, budget_bytes)
    files = world.files
    seen = process(learner, list(files), budget_bytes)
    used = check_result(world, seen, files)
    check_budget(world, budget_bytes)
    counted, n_open = chunk_bytes(world.most_open(used)), peak(used)
    observe(round(counted / MB, 2), limit=budget_bytes / 2 / MB, unit="MB at once")
    assert n_open >= 2, f"With {len(files)} files to read, two chunks were never open at the same time."
    assert counted >= budget_bytes // 2, (
        f"With {len(files)} files of 1.8 MB and a budget of {budget_bytes / MB:.0f} MB, open chunks never "
        f"counted more than {counted / MB:.2f} MB; they have to fill at least half of the budget."
    )


@behaviour(points=6, category="memory", required=True, stage=4)
def test_process_heap_stays_small(learner, rng, observe, archive):
    """256 MB of files pass through a budget of 8 MB, and none of it is kept."""
    world, budget_bytes = learner.world, 8 * MB
    world.latency_s, world.bytes_per_s = 0.005, 1e9
    small = [archive.add(rng.normal(0.0, 1.0, 20_000)) for _ in range(4)]
    readings = rng.normal(2.0, 1.0, 4_000_000)  # 32 MB
    paths = [archive.add(readings)]
    paths += [archive.link(paths[0]) for _ in range(7)]
    learner.scenario("process_all", calls=[small], budget_bytes=budget_bytes, deadline_s=CALL_S)
    store_before = settled_store_bytes(learner)
    with learner.memory(limit_bytes=PROCESS_LIMIT_BYTES) as held:
        seen = learner.scenario(
            "process_all",
            calls=[paths[:4], paths[4:]],
            budget_bytes=budget_bytes,
            returns=(named(RESULT, "process()"),) * 2,
            deadline_s=CALL_S,
        )
    for result, asked in zip(seen, (paths[:4], paths[4:]), strict=True):
        check_result(world, result, dict.fromkeys(asked, readings))
    observe(round(held.peak_bytes / MB), limit=PROCESS_LIMIT_BYTES // MB, unit="MB")
    assert held.peak_bytes <= PROCESS_LIMIT_BYTES, (
        f"While two calls read 8 files of 32 MB with a budget of 8 MB, the heaps of driver and workers grew "
        f"by {held.peak_bytes / MB:.0f} MB; the limit is {PROCESS_LIMIT_BYTES // MB} MB."
    )
    stored = store_before + held.peak_store_bytes  # what was there before is no excuse
    assert stored <= MAX_STORE_BYTES, (
        f"While two calls read 8 files of 32 MB with a budget of 8 MB, the object store held up to "
        f"{stored / MB:.0f} MB; the limit is {MAX_STORE_BYTES // MB} MB."
    )
    check_budget(world, budget_bytes)


@behaviour(points=4, category="memory", required=True, stage=4)
def test_nothing_stays(learner, rng, observe, archive):
    """The call leaves nothing behind on the cluster."""
    files = archive.add_all(rng.standard_normal(RACE_SHAPE))
    seen = process(learner, list(files), RACE_BUDGET_BYTES)
    check_result(learner.world, seen, files)
    left = learner.leftovers(within_s=SETTLE_S)
    if not left:
        becomes(lambda: store_bytes(learner) <= MB, SETTLE_S)
        stored = store_bytes(learner)
        left += [f"{stored / MB:.0f} MB in the object store"] if stored > MB else []
    observe(len(left), limit=0, unit="left")
    assert not left, f"The call left behind: {'; '.join(left)}."


@behaviour(points=10, category="performance", stage=4)
def test_speed(race, archive):
    """Reading 12 files of 2 MB with a budget of 4 MB is as fast as the reference."""

    def draw(world: Any, rng: np.random.Generator) -> tuple[tuple[Any, ...], dict[str, Any]]:
        archive.clear()
        world.files = archive.add_all(rng.standard_normal(RACE_SHAPE))
        return (list(world.files),), {"memory_budget_bytes": RACE_BUDGET_BYTES}

    def check(world: Any, _args: tuple[Any, ...], _kwargs: dict[str, Any], value: Any) -> None:
        check_result(world, value, world.files)
        check_budget(world, RACE_BUDGET_BYTES)

    race.run("process", draw=draw, returns=RESULT, check=check, naive_ratio=2.5, deadline_s=CALL_S)
