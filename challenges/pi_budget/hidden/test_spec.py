"""What the two estimates must do. One behaviour per test.

The judge counts the hits, from the stream's first number and a secret of this run. So an estimate tells from
which throws it was made, and two parts with one stream show in the books.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from typing import Any

from grader.suite import behaviour, close, peak, same

PRECISION = 1e-12
WINDOW = 4  # batches that may be under way
GET_LOOP = "https://docs.ray.io/en/latest/ray-core/patterns/ray-get-loop.html"
TASKS = "https://docs.ray.io/en/latest/ray-core/tasks.html"
STREAMS = "https://numpy.org/doc/stable/reference/random/parallel.html"
CALL_S = 20.0  # against hangs only


def estimate(learner: Any, n: int, tasks: int, seed: int) -> tuple[float, list[Any]]:
    """Call estimate_pi; the estimate, and what was thrown for it."""
    world = learner.world
    world.thrown.clear()
    found = learner.call("estimate_pi", n, tasks, seed, returns=float, deadline_s=CALL_S)
    thrown = list(world.thrown)
    check_workers(learner, thrown)
    total = sum(part.n for part in thrown)
    assert total == n, (
        f"estimate_pi({n}, {tasks}, ...) made {total} throws in {len(thrown)} parts; expected are {n}. "
        "What do you do with the remainder of n divided by the number of parts?"
    )
    same(found, 4.0 * sum(part.hits for part in thrown) / n, "the estimate", rel=PRECISION)
    return found, thrown


def estimate_until(learner: Any, trial: Any, deadline_s: float = CALL_S) -> list[Any]:
    """Call estimate_until, and check that it is made from batches that were thrown; these batches."""
    _, batch, _, max_batches = trial.args
    world = learner.world
    form = {"pi": float, "throws": int}
    found = learner.call("estimate_until", *trial.args, returns=form, deadline_s=deadline_s)
    thrown = list(world.thrown)
    check_workers(learner, thrown)
    for part in thrown:
        assert part.n == batch, f"A batch of {part.n} darts was thrown; expected is {batch}."
    used, rest = divmod(found["throws"], batch)
    is_possible = rest == 0 and 0 < used <= min(len(thrown), max_batches)
    assert is_possible, (
        f"estimate_until returned {found['throws']} throws; {len(thrown)} batches of {batch} came back, and "
        f"at most {max_batches} may be thrown."
    )
    hits = sum(part.hits for part in thrown)
    for unused in itertools.combinations(thrown, len(thrown) - used):
        counted = hits - sum(part.hits for part in unused)
        if close(found["pi"], 4.0 * counted / found["throws"], rel=PRECISION):
            check_good_enough(counted, found["throws"], trial)
            return [part for part in thrown if part not in unused]
    raise AssertionError(
        f"estimate_until returned pi = {found['pi']:.5f} from {used} batches. No {used} of the batches that "
        "came back give that: expected is 4 * hits / throws."
    )


def check_good_enough(hits: int, throws: int, trial: Any) -> None:
    tol, batch, _, max_batches = trial.args
    share = (hits + 1) / (throws + 2)
    error = 4.0 * math.sqrt(share * (1.0 - share) / throws)
    assert error <= tol or throws == batch * max_batches, (
        f"estimate_until stopped after {throws // batch} batches, with an error of {error:.4f}; asked for "
        f"was {tol:.4f}, and {max_batches} batches were allowed."
    )


def check_workers(learner: Any, thrown: list[Any]) -> None:
    strangers = {part.entry.pid for part in thrown} - learner.worker_pids()
    where = "the driver itself" if learner.driver_pid in strangers else "no Ray worker"
    assert not strangers, (
        f"Process {min(strangers)} threw darts, and it is {where}. A function runs in a worker when you "
        f"call `task.remote(...)`; a plain call runs where it is made. See {TASKS}"
    )


def check_streams(thrown: list[Any], what: str) -> None:
    """Check that no two of these had the same stream."""
    n_used = Counter(part.stream for part in thrown)
    stream, n = n_used.most_common(1)[0]
    twins = [part for part in thrown if part.stream == stream]
    assert n == 1, (
        f"{what}: {n} of {len(thrown)} had the same random stream, in the processes "
        f"{', '.join(str(part.entry.pid) for part in twins[:3])}. They throw the same darts, so the second "
        "one adds nothing to the estimate. A task knows only what it is given: give each a stream of its "
        f"own, a child of `np.random.SeedSequence(seed)`. See {STREAMS}"
    )


def overlap(thrown: list[Any]) -> int:
    """How many of these were thrown at once."""
    return peak(part.entry for part in thrown)


@behaviour(points=15, category="correctness", required=True)
def test_estimate(learner, rng):
    """Workers make n throws, and the estimate is made from all of them."""
    n, tasks, seed = learner.world.none(rng, int(rng.integers(3, 7))).args
    _, thrown = estimate(learner, n, tasks, seed)
    assert len(thrown) == tasks, f"{n} throws were made in {len(thrown)} parts; expected are {tasks}."


@behaviour(points=15, category="performance")
def test_side_by_side(learner, rng, observe):
    """Two parts are thrown at the same time, and so are two batches."""
    world = learner.world
    found = []
    world.meets_at = 0
    _, thrown = estimate(learner, *world.none(rng).args)
    found.append(overlap(thrown))
    world.thrown.clear()
    world.meets_at = world.ledger.count("throw")
    found.append(overlap(estimate_until(learner, world.good_enough(rng))))
    observe(min(found), limit=2, unit="thrown at once")
    for name, n in zip(("estimate_pi", "estimate_until"), found, strict=True):
        assert n >= 2, (
            f"{name} never had two parts thrown at the same time, though there are 2 CPUs. `ray.get` right "
            "after `.remote()` waits for each task before the next one starts, so many tasks take as long "
            f"as one: start them all, then get. See {GET_LOOP}"
        )


@behaviour(points=20, category="correctness", required=True)
def test_own_streams(learner, rng):
    """Every part has its own stream, and another seed has others."""
    n, tasks, seed = learner.world.none(rng).args
    _, thrown = estimate(learner, n, tasks, seed)
    check_streams(thrown, f"estimate_pi with seed {seed}")
    _, more = estimate(learner, n, tasks, seed + 1)
    check_streams(more, f"estimate_pi with seed {seed + 1}")
    shared = {part.stream for part in thrown} & {part.stream for part in more}
    assert not shared, (
        f"The seeds {seed} and {seed + 1} have {len(shared)} of {tasks} streams in common, so their "
        "estimates are not independent. `seed + k` is what the neighbour calls its own. Let "
        f"`np.random.SeedSequence(seed).spawn(...)` make the streams. See {STREAMS}"
    )


@behaviour(points=10, category="correctness")
def test_remainder(learner, rng):
    """No throw is dropped, and none is made up: parts differ by one at most."""
    world = learner.world
    few = int(rng.integers(2, 4))
    cases = [world.remainder(rng).args, (few, few + 3, world.draw_seed(rng))]
    for n, tasks, seed in cases:
        _, thrown = estimate(learner, n, tasks, seed)
        sizes = sorted(part.n for part in thrown)
        is_even = len(sizes) == min(n, tasks) and sizes[-1] - sizes[0] <= 1
        assert is_even, (
            f"estimate_pi({n}, {tasks}, ...) threw parts of {sizes}; expected are {min(n, tasks)} parts that "
            "differ by one at most: otherwise all wait for the largest."
        )


@behaviour(points=10, category="correctness")
def test_same_again(learner, rng):
    """The same seed gives the same estimate."""
    n, tasks, seed = learner.world.none(rng).args
    first, thrown = estimate(learner, n, tasks, seed)
    second, again = estimate(learner, n, tasks, seed)
    is_same = first == second and {part.stream for part in thrown} == {part.stream for part in again}
    assert is_same, (
        f"estimate_pi({n}, {tasks}, {seed}) gave {first} and then {second}. All random numbers have to "
        f"follow from the seed, and from which part it is. See {STREAMS}"
    )


@behaviour(points=10, category="performance")
def test_stops(learner, rng, observe):
    """Batches are thrown until the estimate is good enough, and not many more."""
    world = learner.world
    trial = world.good_enough(rng)
    with learner.counting() as counts:
        used = estimate_until(learner, trial)
    check_streams(used, "estimate_until")
    limit = 2 * (len(used) + WINDOW)
    observe(counts.n_tasks, limit=limit, unit="tasks")
    assert counts.n_tasks <= limit, (
        f"{len(used)} batches were enough, and {counts.n_tasks} tasks were started. What is started runs "
        "unless it is stopped. Keep at most four under way: when `ray.wait` brings one back, look at the "
        "error, and only then start another. See "
        "https://docs.ray.io/en/latest/ray-core/patterns/limit-pending-tasks.html"
    )
    world.thrown.clear()  # some may still fly, so the next ones have the same size
    used = estimate_until(learner, world.good_enough(rng, 3, trial.args[1]))
    assert len(used) == 3, f"Three batches were allowed and needed, and {len(used)} were counted."


@behaviour(points=10, category="resilience")
def test_does_not_wait(learner, rng):
    """A batch that takes long holds up nobody while others are enough."""
    world = learner.world
    used = estimate_until(learner, world.slow_batch(rng))
    assert not world.was_waited_for, (
        f"One batch took long and was waited for, though {len(used)} others would have been "
        "enough. `ray.get` on a list waits for the slowest of them. `ray.wait` gives what "
        "is back, in any order: put another one in its place at once. See "
        f"{TASKS}"
    )


@behaviour(points=10, category="resilience")
def test_nothing_is_left(learner, rng):
    """What is still under way at the end is cancelled."""
    world = learner.world
    estimate(learner, *world.none(rng).args)
    world.thrown.clear()
    world.long = world.ledger.count("throw") + 1
    trial = world.good_enough(rng)
    world.is_endless = True
    estimate_until(learner, trial, deadline_s=10.0)
    left = learner.leftovers()
    assert not left, (
        f"Still there five seconds after the estimate was returned: {'; '.join(left)}. A batch that nobody "
        "waits for any more runs on and keeps its CPU; dropping its ref does not stop it. `ray.cancel(ref)` "
        f"does. See {TASKS}"
    )
