"""What `train` and `ParameterServer` must do. One behaviour per test."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from grader.suite import array, behaviour, named, same, sealed, void

TOLERANCE = 1e-9
RATE = 1 / 16  # a power of two, so that counters stay exact
CALL_S = 25.0
READY_S = 40.0
MEET_S = 10.0  # how long a straggler waits for the others to get as far as they may
LINGER_S = 0.8  # and then how long it waits for one step too many
MEBI = 2**17  # float64 numbers in 1 MiB
SETTLE_S = 5.0
ROUND_S = (0.08, 0.1)  # how long a gradient takes in the timed rounds, and in a behaviour like them
MAX_CHOICES = 20_000
MORE_WEIGHTS = (9, 80)  # beside the counters: in every behaviour, so also in the timed rounds

ENTRY = {"shard": str, "step": int, "read": int, "version": int | None}
RESULT = {
    "weights": array(float),
    "versions": int,
    "history": [ENTRY],
    "stats": {"applied": int, "rejected": int, ...: ...},
    ...: ...,
}
TRAINED = named(RESULT, "train()")
PUSHED = {"version": int, "applied": int, "rejected": int, ...: ...}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One training as the grader knows it."""

    world: Any
    steps: int
    mode: str
    rate: float = RATE
    staleness: int = 0
    servers: int = 1

    @property
    def shards(self) -> list[str]:
        """Names of the shards, in order."""
        return self.world.shards

    @property
    def n(self) -> int:
        """Number of workers."""
        return len(self.world.shards)

    @property
    def options(self) -> dict[str, Any]:
        """Keyword arguments of `train`."""
        return {
            "mode": self.mode,
            "steps": self.steps,
            "learning_rate": self.rate,
            "staleness": self.staleness,
            "servers": self.servers,
        }

    @property
    def bad(self) -> set[tuple[int, int]]:
        """(worker, step) of every gradient that has to be rejected."""
        return {key for key in self.world.bad if key[1] < self.steps}

    @property
    def shown(self) -> str:
        """A short form of the call, for messages."""
        extra = f", staleness={self.staleness}" if self.mode == "ssp" else ""
        extra += f", servers={self.servers}" if self.servers > 1 else ""
        return f'{self.n} shards, {self.steps} steps, mode="{self.mode}"{extra}'


def new_job(
    world: Any,
    rng: np.random.Generator,
    mode: str,
    *,
    shards: int,
    steps: int,
    weights: int = 0,
    **options: Any,
) -> Job:
    world.make_model(rng, shards, weights or shards + int(rng.integers(*MORE_WEIGHTS)), steps)
    return Job(world=world, steps=steps, mode=mode, **options)


def start_workers(learner: Any, n_workers: int) -> None:
    """Start processes for tasks before their start-up time matters."""
    learner.scenario("ready", n_workers=n_workers, deadline_s=READY_S)


def train(learner: Any, job: Job) -> Any:
    return learner.call(
        "train", job.world.initial, job.shards, returns=RESULT, deadline_s=CALL_S, **job.options
    )


# -- the oracle ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Oracle:
    """What `sync` has to return: weights by version, and the version that each step reads and makes."""

    weights: list[np.ndarray]
    reads: list[int]
    makes: list[int]


def in_step(job: Job, final: np.ndarray) -> Oracle:
    """The same training as a loop on one machine, with the answers that were handed out.

    A step that was repeated has several; what the next step was given shows which of them counted.

    Args:
        job: What was trained.
        final: The weights that it ended with.
    """
    weights, reads, makes = [job.world.initial], [], []
    answers = answers_by_step(job)
    for step in range(job.steps):
        good = [k for k in range(job.n) if (k, step) not in job.bad]
        reads.append(len(weights) - 1)
        if good:
            unanswered = [k for k in good if (k, step) not in answers]
            assert not unanswered, (
                f"step {step} of {job.shards[unanswered[0]]} was never answered, but train had ended "
                f"({job.shown})"
            )
            given = [asked.weights for asked in job.world.asked if asked.step == step + 1]
            choices = itertools.product(*(answers[k, step] for k in good))
            made = [
                weights[-1] - job.rate * (sum(choice) / len(good))
                for choice in itertools.islice(choices, MAX_CHOICES)
            ]
            after = given[0] if given else final
            weights.append(min(made, key=lambda version: farthest(version, after)))
        makes.append(len(weights) - 1)
    return Oracle(weights, reads, makes)


def farthest(seen: np.ndarray, expected: np.ndarray) -> float:
    return float(np.abs(seen - expected).max(initial=0.0))


def counters(job: Job, weights: np.ndarray) -> np.ndarray:
    """Return how many gradients of each worker these weights contain; fractions mean they are no version."""
    return (weights[: job.n] - job.world.initial[: job.n]) / job.rate


def contained(job: Job, weights: np.ndarray, what: str) -> list[int]:
    """Return the number of applied gradients per worker in these weights."""
    found = counters(job, weights)
    whole = np.rint(found)
    assert np.abs(found - whole).max() < 1e-6, (
        f"{what} contain parts of gradients: by their counters, {np.round(found, 3).tolist()} gradients of "
        f"the {job.n} workers ({job.shown}). Each gradient is applied by itself, times the learning rate."
    )
    return [int(count) for count in whole]


def sum_of(job: Job, counts: list[int], attempts: dict[tuple[int, int], np.ndarray]) -> np.ndarray:
    """Return the weights after the first `counts[k]` accepted gradients of each worker `k`."""
    weights = job.world.initial.copy()
    for worker, count in enumerate(counts):
        good = [s for s in range(job.steps) if (worker, s) not in job.bad]
        for step in good[:count]:
            weights -= job.rate * attempts[worker, step]
    return weights


def answers_by_step(job: Job) -> dict[tuple[int, int], list[np.ndarray]]:
    """Return every gradient that was handed out; a step that was repeated has several."""
    found: dict[tuple[int, int], list[np.ndarray]] = {}
    for asked in job.world.asked:
        if asked.gradient is not None:
            found.setdefault((asked.worker, asked.step), []).append(asked.gradient)
    return found


def chosen_answers(job: Job, final: np.ndarray) -> dict[tuple[int, int], np.ndarray] | None:
    """Return for each step the answer that was applied, so that they add up to `final`; None if none do."""
    answers = answers_by_step(job)
    keys = list(answers)
    counts = [job.steps - sum(worker == k for worker, _ in job.bad) for k in range(job.n)]
    for choice in itertools.islice(itertools.product(*(answers[key] for key in keys)), MAX_CHOICES):
        attempt = dict(zip(keys, choice, strict=True))
        if farthest(sum_of(job, counts, attempt), final) <= TOLERANCE * max(1.0, np.abs(final).max()):
            return attempt
    return None


# -- what holds for every training ---------------------------------------------------------------


def assert_form(job: Job, seen: Any) -> None:
    """There are as many weights as at the start."""
    weights, initial = seen["weights"], job.world.initial
    assert weights.shape == initial.shape, (
        f"`weights` have shape {weights.shape}; the initial ones have shape {initial.shape}"
    )


def assert_asked(job: Job) -> None:
    """Each step was asked for in a Ray worker, and again only if that worker had died."""
    asked = Counter((a.worker, a.step) for a in job.world.asked)
    wanted = {(k, s) for k in range(job.n) for s in range(job.steps)}
    missing = sorted(wanted - set(asked))
    assert not missing, (
        f"{len(missing)} of {len(wanted)} gradients were never asked for, starting with step {missing[0][1]} "
        f"of {job.shards[missing[0][0]]} ({job.shown})"
    )
    strange = sorted(set(asked) - wanted)
    assert not strange, (
        f"step {strange[0][1]} was asked for; the {job.steps} steps count from 0 ({job.shown})"
    )
    ended = {entry.pid for entry in job.world.ledger.entries(outcome="killed")}
    twice = []
    for key in asked:
        pids = [a.pid for a in job.world.asked if (a.worker, a.step) == key]
        if set(pids[:-1]) - ended:
            twice.append(key)
    assert not twice, (
        f"{len(twice)} gradients were asked for more than once although their worker had not died, starting "
        f"with step {twice[0][1]} of {job.shards[twice[0][0]]}"
    )
    pids = job.world.worker_pids()
    elsewhere = [a for a in job.world.asked if a.pid not in pids]
    assert not elsewhere, (
        f"{len(elsewhere)} of {len(job.world.asked)} gradients were asked for outside Ray's workers"
    )


def assert_history(job: Job, seen: Any, reads: dict[tuple[int, int], set[int]] | None) -> None:
    """The history names each step once, in order, with the versions it read and made.

    Args:
        job: What was trained.
        seen: Its result.
        reads: The versions from which the grader saw a step's gradient being computed; None if not known.
    """
    history, position = seen["history"], {shard: k for k, shard in enumerate(job.shards)}
    assert len(history) == job.n * job.steps, (
        f"`history` has {len(history)} entries; there were {job.n * job.steps} steps ({job.shown})"
    )
    ended = [0] * job.n
    version = 0
    for entry in history:
        assert entry["shard"] in position, f"an entry of `history` names no shard of this training: {entry!r}"
        worker = position[entry["shard"]]
        assert entry["step"] == ended[worker], (
            f"`history` says that step {entry['step']} of {entry['shard']} ended; the next one to end was "
            f"step {ended[worker]}: {entry!r}"
        )
        ended[worker] += 1
        key = worker, entry["step"]
        assert (entry["version"] is None) == (key in job.bad), (
            f"`history` has {entry!r}; this gradient was "
            f"{f'bad ({job.world.bad[key]}), so its version should be None' if key in job.bad else 'good'}"
        )
        assert reads is None or entry["read"] in reads[key], (
            f"`history` says that step {entry['step']} of {entry['shard']} read version {entry['read']}; "
            f"the weights it was given were version {' or '.join(map(str, sorted(reads[key])))}"
        )
        if entry["version"] is not None:
            assert entry["version"] >= version, (
                f"versions go down in `history`: {version} comes before {entry['version']}"
            )
            assert entry["version"] > entry["read"], (
                f"an entry of `history` made a version no newer than the one it read: {entry!r}"
            )
            version = entry["version"]
    assert version == seen["versions"], (
        f"`versions` is {seen['versions']}; the last version in `history` is {version}"
    )
    wanted = {"applied": len(history) - len(job.bad), "rejected": len(job.bad)}
    for key, count in wanted.items():
        found = seen["stats"][key]
        assert found == count, (
            f"`stats` say that {found} gradients were {key}; it should be {count} ({job.shown})"
        )


def assert_in_step(job: Job, seen: Any) -> None:
    """A sync training gives what a loop on one machine gives."""
    assert_form(job, seen)
    assert_asked(job)
    assert_oracle(job, seen)


def assert_oracle(job: Job, seen: Any) -> None:
    """Weights, versions and history of a sync training are those of the loop."""
    oracle = in_step(job, seen["weights"])
    off = farthest(seen["weights"], oracle.weights[-1])
    means = counters(job, seen["weights"]) * job.n
    assert off <= TOLERANCE, (
        f"the weights are up to {off:.3g} away from those of a loop on one machine ({job.shown}). "
        f"Their counters say {np.round(means, 2).tolist()} times 1/{job.n} of a gradient per worker"
    )
    for asked in job.world.asked:
        wanted = oracle.reads[asked.step]
        off = farthest(asked.weights, oracle.weights[wanted])
        assert off <= TOLERANCE, (
            f"step {asked.step} of {job.shards[asked.worker]} was computed from weights that are not version "
            f"{wanted}: up to {off:.3g} away ({job.shown})"
        )
    reads = {(k, s): {oracle.reads[s]} for k in range(job.n) for s in range(job.steps)}
    assert_history(job, seen, reads)
    made = [e["version"] for e in seen["history"] if e["version"] is not None]
    wanted_made = [oracle.makes[s] for s in range(job.steps) for k in range(job.n) if (k, s) not in job.bad]
    assert made == wanted_made, (
        f"the versions in `history` are {made[:12]} ...; in sync they should be {wanted_made[:12]} ..."
    )
    names = [entry["shard"] for entry in seen["history"]]
    assert names == job.shards * job.steps, (
        f"in `history` the steps of one update are not in the order of `shards`: {names[: job.n]}"
    )


def assert_one_by_one(job: Job, seen: Any) -> None:
    """An async or ssp training applied each gradient once, and nothing else."""
    assert_form(job, seen)
    assert_asked(job)
    wanted = [job.steps - sum(worker == k for worker, _ in job.bad) for k in range(job.n)]
    counts = contained(job, seen["weights"], "the final weights")
    assert counts == wanted, (
        f"the final weights contain {counts} gradients of the {job.n} workers; it should be {wanted} "
        f"({job.shown})"
    )
    chosen = chosen_answers(job, seen["weights"])
    assert chosen is not None, (
        f"the counters of the final weights are right, but the other weights are not the initial ones minus "
        f"the learning rate times the sum of the gradients that were handed out ({job.shown})"
    )
    assert_history(job, seen, measured_reads(job, chosen) if job.servers == 1 else None)
    made = [entry["version"] for entry in seen["history"] if entry["version"] is not None]
    assert made == list(range(1, len(made) + 1)), (
        f"each accepted gradient makes one version: 1, 2, 3 ...; in `history` they are {made[:12]} ..."
    )


def measured_reads(job: Job, chosen: dict[tuple[int, int], np.ndarray]) -> dict[tuple[int, int], set[int]]:
    """Return which versions each step was given; whatever a worker was given has to be a version."""
    reads: dict[tuple[int, int], set[int]] = {}
    for asked in job.world.asked:
        what = f"the weights given to step {asked.step} of {job.shards[asked.worker]}"
        counts = contained(job, asked.weights, what)
        too_many = [k for k in range(job.n) if not 0 <= counts[k] <= job.steps]
        assert not too_many, f"{what} contain {counts} gradients of the workers, not 0 to {job.steps} each"
        off = farthest(asked.weights, sum_of(job, counts, chosen))
        assert off <= TOLERANCE * max(1.0, np.abs(asked.weights).max()), (
            f"{what} are not a version: weights that contain {counts} gradients of the workers "
            f"differ from them by up to {off:.3g} ({job.shown})"
        )
        reads.setdefault((asked.worker, asked.step), set()).add(sum(counts))
    return reads


def ahead(job: Job) -> list[tuple[int, Any]]:
    """Return for each call how many steps it was ahead of the slowest worker in the weights it was given."""
    return [
        (asked.step - min(contained(job, asked.weights, "the weights given to a step")), asked)
        for asked in job.world.asked
    ]


# -- behaviours --------------------------------------------------------------------------------------


@behaviour(points=9, category="correctness", required=True, stage=2)
def test_sync_equals_the_oracle(learner, rng, observe):
    """Sync gives the same as a loop on one machine, to 1e-9."""
    shards, steps = int(rng.integers(4, 9)), int(rng.integers(4, 7))
    start_workers(learner, shards)
    job = new_job(learner.world, rng, "sync", shards=shards, steps=steps)
    job.world.delay_s = ROUND_S
    seen, callers = learner.scenario(
        "train_keeping",
        initial=job.world.initial,
        shards=job.shards,
        options=job.options,
        returns=(TRAINED, named(array(float), "the array that was given as `initial`")),
        deadline_s=CALL_S,
    )
    assert_in_step(job, seen)
    off = farthest(seen["weights"], in_step(job, seen["weights"]).weights[-1])
    observe(off, limit=TOLERANCE, unit="away")
    assert np.array_equal(callers, job.world.initial), "train changed the array it was given as `initial`"

    none = new_job(learner.world, rng, "sync", shards=3, steps=0)
    learner.world.asked.clear()
    assert_in_step(none, train(learner, none))


@behaviour(points=8, category="correctness", required=True, stage=3)
def test_async_applies_each_gradient_once(learner, rng, observe):
    """Async applies every gradient once, one version each, and converges."""
    job = new_job(learner.world, rng, "async", shards=4, steps=12)
    job.world.delay_s = (0.005, 0.03)
    seen = train(learner, job)
    assert_one_by_one(job, seen)
    best = job.world.best
    before = float(np.linalg.norm(job.world.initial[job.n :] - best))
    after = float(np.linalg.norm(seen["weights"][job.n :] - best))
    observe(round(after / before, 3), limit=0.2, unit="of the initial distance")
    assert after <= 0.2 * before, (
        f"after {job.n * job.steps} gradients the weights are still {after / before:.2f} times as far from "
        "the best ones as they were at the start"
    )


@behaviour(points=6, category="correctness", stage=3)
def test_newest_weights(learner, rng, observe):
    """A worker starts from the newest weights and has at most one gradient pending."""
    job = new_job(learner.world, rng, "async", shards=4, steps=8)
    job.world.delay_s = (0.005, 0.05)
    seen = train(learner, job)
    assert_one_by_one(job, seen)
    calls = {(a.worker, a.step): a for a in job.world.asked}
    given = {key: contained(job, asked.weights, "the weights of a step") for key, asked in calls.items()}
    own = [key for key in calls if given[key][key[0]] < key[1]]
    observe(len(own), limit=0, unit="steps without their own past")
    for worker, step in own:
        raise AssertionError(
            f"step {step} of {job.shards[worker]} started from weights that contain only "
            f"{given[worker, step][worker]} of its own steps: {len(own)} of {len(calls)} steps started "
            "before the worker's previous step had been applied"
        )
    for worker, step in [key for key in calls if key[1] > 0]:
        ended_s = calls[worker, step - 1].answered_s
        for other in job.world.others(worker):
            begun = [a.step for a in calls.values() if a.worker == other and a.began_s <= ended_s]
            applied = max(begun, default=0)
            assert given[worker, step][other] >= applied, (
                f"step {step} of {job.shards[worker]} started from weights with {given[worker, step][other]} "
                f"gradients of {job.shards[other]}, but {applied} had been applied before its own previous "
                "step was answered: these were not the newest weights"
            )


@behaviour(points=9, category="correctness", stage=3)
def test_staleness_is_bounded(learner, rng, observe):
    """In ssp no step is further ahead of the slowest worker than `staleness` allows."""
    start_workers(learner, 4)
    world, slow = learner.world, int(rng.integers(4))
    job = new_job(world, rng, "ssp", shards=4, steps=6, staleness=2)
    for step in (0, 1):
        hold_back(job, slow, step, within_s=MEET_S / 3)
    seen = train(learner, job)
    assert_one_by_one(job, seen)
    most, asked = max(ahead(job), key=lambda pair: pair[0])
    observe(most, limit=job.staleness, unit="steps ahead")
    assert most <= job.staleness, (
        f"step {asked.step} of {job.shards[asked.worker]} was computed from weights that contain only "
        f"{asked.step - most} steps of the slowest worker: {most} steps ahead, {job.staleness} are allowed"
    )
    lock_step = new_job(world, rng, "ssp", shards=3, steps=3, staleness=0)
    world.asked.clear()
    hold_back(lock_step, 0, 1, within_s=MEET_S / 3)
    seen = train(learner, lock_step)
    assert_one_by_one(lock_step, seen)
    most, asked = max(ahead(lock_step), key=lambda pair: pair[0])
    assert most <= 0, (
        f"with staleness 0, step {asked.step} of {lock_step.shards[asked.worker]} started when the slowest "
        f"worker had only ended {asked.step - most} steps"
    )


def hold_back(job: Job, slow: int, own_step: int, *, within_s: float) -> Any:
    """Hold a straggler's step until all others are as far as they may be; wait for one step too many."""
    others, step = job.world.others(slow), own_step + job.staleness
    hold = job.world.hold(
        slow, own_step, lambda: all(job.world.begun(k) > step for k in others), within_s=within_s
    )
    hold.unless = lambda: any(job.world.begun(k) > step + 1 for k in others)
    hold.linger_s = LINGER_S
    return hold


@behaviour(points=7, category="performance", stage=3)
def test_straggler_holds_up_nobody(learner, rng, observe):
    """While one worker is slow, the others finish in async and go up to the bound in ssp."""
    start_workers(learner, 4)
    world = learner.world
    world.slow_worker(rng)
    job, slow = Job(world=world, steps=5, mode="async"), world.straggler
    others, hold = world.others(slow), world.holds[slow, 0]
    seen = train(learner, job)
    assert_one_by_one(job, seen)
    done = [before(world, slow, 0, k) for k in others]
    observe(min(done), limit=job.steps, unit="steps meanwhile")
    assert hold.met, (
        f'mode="async": step 0 of one of four workers took {MEET_S:.0f} s. Meanwhile the others started '
        f"{done} of their {job.steps} steps, although they could have ended them all"
    )

    bound = new_job(world, rng, "ssp", shards=4, steps=5, staleness=2)
    world.asked.clear()
    slow = int(rng.integers(4))
    hold = hold_back(bound, slow, 0, within_s=MEET_S)
    seen = train(learner, bound)
    assert_one_by_one(bound, seen)
    done = [before(world, slow, 0, k) for k in world.others(slow)]
    assert hold.met, (
        f'mode="ssp", staleness={bound.staleness}: step 0 of one of four workers took {MEET_S:.0f} s. '
        f"Meanwhile the others started {done} steps; each could have started {bound.staleness + 1}"
    )


def before(world: Any, slow: int, step: int, worker: int) -> int:
    """Count the steps of a worker that started before a straggler's step was answered."""
    until_s = next(a.answered_s for a in world.asked if (a.worker, a.step) == (slow, step) and a.answered_s)
    return len({a.step for a in world.asked if a.worker == worker and a.began_s < until_s})


@behaviour(points=8, category="correctness", stage=2)
def test_bad_gradients(learner, rng, observe):
    """Bad gradients are rejected as a whole and counted; the mean is taken over the others."""
    world = learner.world
    world.bad_gradients(rng)
    job = Job(world=world, steps=5, mode="sync")
    seen = train(learner, job)
    assert_in_step(job, seen)

    split = new_job(world, rng, "async", shards=3, steps=5, servers=2)
    world.asked.clear()
    world.bad = {(0, 1): "nan", (1, 0): "short", (1, 3): "inf", (2, 2): "one", (2, 4): "column"}
    seen = train(learner, split)
    assert_one_by_one(split, seen)
    observe(len(job.bad) + len(split.bad), unit="rejected")


@behaviour(points=8, category="resilience", stage=5)
def test_worker_killed(learner, rng, observe):
    """When workers are killed during a step or just after it, no step is lost and none counts twice."""
    world, n_killed = learner.world, 0
    for mode in ("sync", "async"):
        world.dead_workers(rng, mode)
        job = Job(world=world, steps=5, mode=mode)
        world.asked.clear()
        struck = [*world.kill_during, *world.kill_after]
        seen = train(learner, job)
        assert_form(job, seen)
        for worker, step in struck:
            assert any((a.worker, a.step) == (worker, step) for a in world.asked), (
                f"step {step} of {job.shards[worker]} was never asked for ({job.shown})"
            )
        n_killed += len(struck)
        gone = [
            entry
            for entry in world.ledger.entries()
            if entry.op in {"gradient", "end"} and entry.outcome in {"killed", "dropped"}
        ]
        unheeded = [key for key in struck if not met_its_end(world, key)]
        assert not unheeded, (
            f"the process of step {unheeded[0][1]} of {job.shards[unheeded[0][0]]} should be dead; "
            "service.py did not run as it is"
        )
        if len(gone) < n_killed:
            void(f"{len(gone)} of {n_killed} workers died")
        observe(n_killed, limit=6, unit="workers killed")
        if mode == "sync":
            assert_in_step(job, seen)
        else:
            assert_one_by_one(job, seen)


def met_its_end(world: Any, key: tuple[int, int]) -> bool:
    """Whether the first process that asked for a step took the order to die, or died otherwise."""
    pid = next(a.pid for a in world.asked if (a.worker, a.step) == key)
    return any(
        entry.pid == pid and (entry.op == "end" or entry.outcome in {"killed", "dropped"})
        for entry in world.ledger.entries()
    )


@behaviour(points=5, category="correctness", stage=1)
def test_push_and_pull(learner, rng, observe):
    """A server applies each named update once, and what was pulled never changes."""
    initial = rng.normal(size=int(rng.integers(6, 12)))
    first, second, third, fourth = rng.normal(size=(4, len(initial)))
    hole = third.copy()
    hole[int(rng.integers(len(hole)))] = np.nan
    pushes = [
        ("a", [first]),
        ("b", [second, third, fourth]),
        ("a", [second]),
        ("c", [hole, first, fourth[:1]]),
        ("d", [hole, fourth[:, None]]),
        ("e", [fourth]),
        ("b", [second, third, fourth]),
        ("d", [fourth]),
    ]
    wanted = [(1, 1, 0), (2, 3, 0), (1, 1, 0), (3, 1, 2), (3, 0, 2), (4, 1, 0), (2, 3, 0), (3, 0, 2)]
    weights, versions = [initial], [0]
    changes = [first, (second + third + fourth) / 3, None, first, None, fourth, None, None]
    for change in changes:
        weights.append(weights[-1] if change is None else weights[-1] - RATE * change)
        versions.append(versions[-1] + (change is not None))
    held, whats = array(float, initial.shape), [f"push {k + 1} of {len(pushes)}" for k in range(len(pushes))]
    pulled = tuple(named(held, f"pull() {when}") for when in ["at the start", *(f"after {w}" for w in whats)])
    seen = learner.scenario(
        "push_and_pull",
        initial=initial,
        rate=RATE,
        pushes=pushes,
        returns={
            "answers": tuple(named(PUSHED, what) for what in whats),
            "versions": (named(int, "the version that pull() returned"),) * len(pulled),
            "then": pulled,
            "now": pulled,
            "after_scribbling": held,
            "callers": held,
        },
        deadline_s=CALL_S,
    )
    assert_held((seen["versions"][0], seen["then"][0]), 0, initial, "at the start")
    for number, (name, _) in enumerate(pushes):
        what = f"push {number + 1} of {len(pushes)} (update {name!r})"
        assert_answer(seen["answers"][number], wanted[number], what)
        pulled = seen["versions"][number + 1], seen["then"][number + 1]
        assert_held(pulled, versions[number + 1], weights[number + 1], f"after {what}")
    for number, (then, now) in enumerate(zip(seen["then"], seen["now"], strict=True)):
        assert np.array_equal(then, now), f"the array of pull {number + 1} was changed by a later push"
    assert np.array_equal(seen["after_scribbling"], seen["then"][-1]), (
        "writing to a pulled array changed the server's weights"
    )
    assert np.array_equal(seen["callers"], initial), "the server changed the array it was made from"
    observe(len(pushes), unit="pushes")


def assert_answer(answer: Any, wanted: tuple[int, int, int], what: str) -> None:
    """A push returned what was promised."""
    promised = dict(zip(("version", "applied", "rejected"), wanted, strict=True))
    assert answer == promised, f"{what} answered {answer}; it should be {promised}"


@behaviour(points=8, category="resilience", stage=1)
def test_checkpoint(learner, rng, observe):
    """A server restored from a checkpoint loses no acknowledged update and repeats none."""
    initial = rng.normal(size=7)
    gradients = rng.normal(size=(6, 7))
    pushes = [(f"shard-{k} step {k}", [gradient]) for k, gradient in enumerate(gradients)]
    pushed, pulled = named(PUSHED, "push()"), named((int, array(float, initial.shape)), "pull()")
    seen = learner.scenario(
        "checkpointed",
        initial=initial,
        rate=RATE,
        pushes=pushes,
        n_before=4,
        returns={
            "state": named({str: sealed}, "checkpoint()"),
            "answers": (pushed,) * len(pushes),
            "pulled": pulled,
        },
        deadline_s=CALL_S,
    )
    for number, answer in enumerate(seen["answers"]):
        assert_answer(answer, (number + 1, 1, 0), f"push {number + 1}")
    held = initial - RATE * gradients[:4].sum(axis=0)
    assert_held(seen["pulled"], 4, held, "when the checkpoint was taken")

    again = [pushes[1], pushes[3], pushes[4]]  # two that were acknowledged before, one that came after
    restored = learner.scenario(
        "restored",
        initial=np.zeros(3),
        rate=9.0,
        state=seen["state"],
        pushes=again,
        returns={"first": pulled, "answers": (pushed,) * len(again), "last": pulled},
        deadline_s=CALL_S,
    )
    assert_held(restored["first"], 4, held, "after restore")
    for answer, version in zip(restored["answers"], (2, 4, 5), strict=True):
        assert_answer(answer, (version, 1, 0), "a push to the restored server")
    after = held - RATE * gradients[4]
    assert_held(restored["last"], 5, after, "after two repeated pushes and a new one")

    pulled_array = array(float, initial.shape)
    rounds = learner.scenario(
        "rolled_back",
        initial=initial,
        rate=RATE,
        pushes=pushes,
        n_before=4,
        returns=(named((int, pulled_array, int, pulled_array), "pull()"),) * 2,
        deadline_s=CALL_S,
    )
    moved_on = initial - RATE * gradients.sum(axis=0)
    for number, (version, weights, old_version, old_weights) in enumerate(rounds):
        which = f"use {number + 1} of the same checkpoint"
        assert_held([version, weights], 6, moved_on, f"{which}: after the pushes that followed it")
        assert_held([old_version, old_weights], 4, held, f"{which}: after restore")
    observe(4, unit="versions kept")


def assert_held(pulled: Any, version: int, weights: np.ndarray, when: str) -> None:
    """A pull returned this version and these weights."""
    same(pulled[0], version, f"{when} the version")
    same(pulled[1], weights, f"{when} the array of weights", within=TOLERANCE)


@behaviour(points=7, category="correctness", stage=4)
def test_several_servers(learner, rng, observe):
    """Three servers, each with a slice, give the same result as one."""
    job = new_job(learner.world, rng, "sync", shards=3, steps=4, servers=3)
    known = {actor.actor_id for actor in server_actors(learner)}
    with learner.counting():
        seen = train(learner, job)
    assert_in_step(job, seen)
    made = [a.actor_id for a in server_actors(learner) if a.actor_id not in known]
    observe(len(made), limit=job.servers, unit="servers")
    assert len(made) == job.servers, (
        f"servers={job.servers}: {len(made)} actors of the class ParameterServer were made"
    )
    calls = Counter(task.actor_id for task in learner.look("tasks").tasks if task.kind == "ACTOR_TASK")
    idle = [actor_id for actor_id in made if calls[actor_id] < job.steps]
    assert not idle, (
        f"{len(idle)} of {job.servers} servers were called less often than there are steps ({job.steps}): "
        f"{[calls[actor_id] for actor_id in made]} calls"
    )


def server_actors(learner: Any) -> list[Any]:
    """Return all actors of the class ParameterServer, living or dead."""
    actors = learner.look("actors").actors
    return [a for a in actors if a.class_name.rsplit(".", 1)[-1] == "ParameterServer"]


@behaviour(points=7, category="memory", stage=4)
def test_each_version_is_stored_once(learner, rng, observe):
    """Each version of the weights and each gradient enters the object store once."""
    for servers in (1, 2):
        job = new_job(learner.world, rng, "sync", shards=6, steps=2, weights=MEBI, servers=servers)
        job.world.asked.clear()
        with learner.counting() as counts:
            seen = train(learner, job)
        assert_in_step(job, seen)
        size = job.world.initial.nbytes
        limit = job.n * job.steps + job.steps + 4
        stored = counts.stored_bytes / size
        observe(round(stored, 1), limit=limit, unit="times the weights")
        assert stored <= limit + 0.5, (
            f"{stored:.0f} times the weights' size went into the object store; {limit} times is allowed: "
            f"{job.n * job.steps} gradients, {job.steps + 1} versions and 3 more ({job.shown})"
        )


@behaviour(points=4, category="correctness", stage=2)
def test_progress(learner, rng, observe):
    """Progress is reported while it is made, rises, and ends with all steps."""
    job = new_job(learner.world, rng, "async", shards=3, steps=3)
    world, total = job.world, job.n * job.steps

    def reports() -> list[tuple[Any, ...]]:
        return [entry.args for entry in world.ledger.entries("progress")]

    live = world.hold(
        int(rng.integers(job.n)),
        job.steps - 1,
        lambda: any(report[0] == total - 1 for report in reports()),
        within_s=MEET_S / 2,
    )
    check_progress(learner, job, reports)
    observe(len(reports()), unit="reports")
    assert live.met, (
        f"while the last of {total} gradients was awaited, on_progress had not been told of the other "
        f"{total - 1}: {reports()}"
    )

    rounds = new_job(world, rng, "sync", shards=3, steps=2)
    world.asked.clear()
    n_before = len(reports())
    check_progress(learner, rounds, lambda: reports()[n_before:])


def check_progress(learner: Any, job: Job, reports: Any) -> None:
    """Train, then check what on_progress was told."""
    world, total = job.world, job.n * job.steps
    seen = learner.scenario(
        "train_reporting",
        initial=world.initial,
        shards=job.shards,
        options=job.options,
        returns=TRAINED,
        deadline_s=CALL_S,
    )
    assert_form(job, seen)
    assert_asked(job)
    told = reports()
    assert told, f"on_progress was never called ({job.shown})"
    assert all(report[1] == total for report in told), (
        f"on_progress was told totals of {sorted({report[1] for report in told})}; there are {total} steps"
    )
    numbers = [report[0] for report in told]
    assert numbers == sorted(set(numbers)), f"the numbers that on_progress was told do not rise: {numbers}"
    assert numbers[-1] == total, f"the last number that on_progress was told is {numbers[-1]} of {total}"
    answered_s = sorted(a.answered_s for a in world.asked if a.answered_s is not None)
    for entry in world.ledger.entries("progress")[-len(told) :]:
        ended = sum(moment_s <= entry.start_s for moment_s in answered_s)
        assert entry.args[0] <= ended, (
            f"on_progress was told that {entry.args[0]} steps had ended; only {ended} had been answered"
        )
        assert entry.pid == learner.driver_pid, "on_progress was called outside the driver"


@behaviour(points=4, category="resilience", stage=5)
def test_nothing_left_behind(learner, rng, observe):
    """Nothing is left behind by a training, whether it ended or was given up."""
    job = new_job(learner.world, rng, "async", shards=3, steps=3)
    world = job.world
    seen = train(learner, job)
    assert_form(job, seen)
    assert_asked(job)
    left = learner.leftovers(within_s=SETTLE_S)
    observe(len(left), limit=0, unit="left")
    assert not left, f"left behind by a training: {'; '.join(left)}"

    world.given_up(rng)
    stopped, stuck = Job(world=world, steps=6, mode="async"), world.straggler
    world.asked.clear()
    raised = learner.scenario(
        "train_until",
        initial=world.initial,
        shards=stopped.shards,
        stop_at=6,
        options=stopped.options,
        returns=str,
        deadline_s=CALL_S,
    )
    assert raised == "StopTraining", f"on_progress raised StopTraining, but out of train came {raised}"
    answered = sum(world.answered(k) for k in range(stopped.n))
    assert answered, "on_progress was told of 6 steps before any gradient had been answered"
    assert world.begun(stuck) > 1, (
        f"six steps ended, but the second one of {stopped.shards[stuck]} never started"
    )
    left = learner.leftovers(within_s=SETTLE_S)
    observe(len(left), limit=0, unit="left")
    assert not left, (
        f"left behind after on_progress ended a training that still awaited one gradient: {'; '.join(left)}"
    )


@behaviour(points=10, category="performance", stage=5)
def test_speed(learner, race):
    """Sync with eight workers is as fast as the reference."""
    start_workers(learner, 8)

    def draw(world: Any, rng: np.random.Generator) -> tuple[tuple[Any, ...], dict[str, Any]]:
        job = new_job(world, rng, "sync", shards=8, steps=6)
        world.delay_s = ROUND_S
        return (world.initial, job.shards), job.options

    def check(world: Any, _args: tuple[Any, ...], kwargs: dict[str, Any], value: Any) -> None:
        job = Job(world=world, steps=kwargs["steps"], mode="sync")
        assert_form(job, value)
        assert_asked(job)
        assert_oracle(job, value)

    race.run("train", draw=draw, returns=RESULT, check=check, naive_ratio=3.5, deadline_s=20.0)
    left = learner.leftovers(within_s=SETTLE_S)
    assert not left, f"left behind by the timed rounds: {'; '.join(left)}"
