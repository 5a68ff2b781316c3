"""What `as_ready` must do. One behaviour per test.

The refs are the judge's: an actor asks airlines, which answer when the judge lets them go and name a new
price each time. So the order is certain without a clock, and a right price shows which call it came from.
"""

from __future__ import annotations

import time
from typing import Any

from grader.suite import behaviour, same, teaching

WAIT = "https://docs.ray.io/en/latest/ray-core/api/doc/ray.wait.html"
ORDER = "https://docs.ray.io/en/latest/ray-core/patterns/ray-get-submission-order.html"
OBJECTS = "https://docs.ray.io/en/latest/ray-core/objects.html"
TOLD = {"index": int, "kind": str, "price": float, "text": str}
LESSONS = {
    "unique": (
        "ray.wait takes each ref once. Wait for the different refs, and keep a dict from each ref to all "
        f"its places in the list. See {WAIT}"
    ),
    "NoSeats": (
        "A task failed, and as_ready ended with its exception. In Ray, ray.get raises what the task raised, "
        "for this ref alone: catch it there and yield it in place of the value. See "
        "https://docs.ray.io/en/latest/ray-core/fault_tolerance/tasks.html"
    ),
    "TimeoutError": (
        "The time was up, and as_ready ended with an exception. Promised is a pair (index, TimeoutError()) "
        "for each place that is not ready. ray.wait with a timeout raises nothing: its first list is "
        f"empty. See {WAIT}"
    ),
    "num_returns": f"ray.wait takes num_returns from 1 to the number of refs, and no empty list. See {WAIT}",
    "wait() expected a list": f"ray.wait takes a list of refs. See {WAIT}",
}
TIMEOUT_S = 2.0
N_FLOATS = 1_000_000
SIZE = 8 * N_FLOATS


def start(learner: Any, airlines: list[int], timeout: float | None = None, *, n_floats: int = 0) -> None:
    with teaching(LESSONS):
        learner.scenario("start", airlines=airlines, timeout=timeout, n_floats=n_floats)


def take(learner: Any, n: int) -> list[dict[str, Any]]:
    """The next pairs, up to so many."""
    with teaching(LESSONS):
        return list(learner.scenario("take", n=n, returns=[TOLD]))


def show_all(learner: Any, airlines: list[int]) -> list[dict[str, Any]]:
    """Everything that is yielded for these airlines; one more is asked for, which ends the generator."""
    start(learner, airlines)
    return take(learner, len(airlines) + 1)


def check_pair(learner: Any, airlines: list[int], told: dict[str, Any]) -> None:
    """Check that this is what a task got from its airline."""
    index, kind = told["index"], told["kind"]
    assert 0 <= index < len(airlines), (
        f"as_ready yielded a {kind}, with the index {index}; promised are pairs (index, value), and there "
        f"are {len(airlines)} refs. `ray.wait` returns refs: keep a dict from each ref to its place."
    )
    answers = [answer for answer in learner.world.answers if answer.airline == airlines[index]]
    assert answers, f"as_ready yielded a {kind} for index {index}, and the task behind it is still running."
    (answer,) = answers
    assert answer.pid in learner.worker_pids(), (
        f"Process {answer.pid} asked an airline, and is no Ray worker."
    )
    if answer.words:
        assert kind == "NoSeats", (
            f"The task of index {index} raised NoSeats, and as_ready yielded a {kind} for it. `ray.get` "
            "raises an exception which is a NoSeats too, whatever else it is: yield it as it is."
        )
        assert answer.words in told["text"], (
            f"as_ready yielded a NoSeats for index {index} that says {told['text']!r}; the task's own says "
            f"{answer.words!r}. Yield the exception that `ray.get` raised."
        )
        return
    assert kind == "value", (
        f"as_ready yielded a {kind} for index {index}; its task gave a float. If this is an ObjectRef: "
        f"`ray.wait` returns refs, `ray.get` gives the value. See {WAIT}"
    )
    same(told["price"], answer.price, f"the value of index {index}")


def check_places(told: list[dict[str, Any]], expected: list[int]) -> None:
    """Check that each of these places was yielded once, in whatever order."""
    indexes = [one["index"] for one in told]
    for index in expected:
        n = indexes.count(index)
        assert n == 1, (
            f"Index {index} was yielded {n} times; expected is once. The indexes were {indexes}. Every place "
            "in the list is yielded once, and `ray.wait` may put several refs into its first list, or none."
        )
    assert len(indexes) == len(expected), f"Expected are the indexes {expected}; yielded were {indexes}."


def check_all(learner: Any, airlines: list[int], told: list[dict[str, Any]]) -> None:
    """Check that each place was yielded with what its task got."""
    for one in told:
        check_pair(learner, airlines, one)
    check_places(told, list(range(len(airlines))))


@behaviour(points=20, category="correctness", required=True)
def test_each_once(learner, rng):
    """Each ref is yielded once, with its place and its value."""
    for n in (3, 1, 0):
        airlines = learner.world.draw_airlines(rng, n)
        check_all(learner, airlines, show_all(learner, airlines))


@behaviour(points=20, category="performance", required=True)
def test_first_come(learner, rng):
    """What is ready is yielded, whatever still runs."""
    world = learner.world
    airlines = world.draw_airlines(rng, 4)
    world.held = set(airlines)
    order = [int(index) for index in rng.permutation([1, 2, 3])]
    order.insert(int(rng.integers(1, 4)), 0)
    start(learner, airlines)
    done: list[int] = []
    for index in order:
        world.let_go(airlines[index])
        told = take(learner, 1)
        n_too_many = len({one.airline for one in world.answers} - {airlines[k] for k in done}) - 1
        done.append(index)
        assert n_too_many == 0, (
            f"The task of index {index} was done, and as_ready yielded nothing until {n_too_many} more were "
            "done: it waited for something else. `ray.get(ref)` waits for this one ref, `ray.get(refs)` for "
            "all, `ray.wait(refs)` only until one of them is ready, unless you give it another "
            f"num_returns. See {ORDER}"
        )
        check_places(told, [index])
        check_pair(learner, airlines, told[0])


@behaviour(points=15, category="resilience")
def test_errors(learner, rng):
    """A task that failed is yielded with its error, and the others go on."""
    world = learner.world
    airlines = world.no_seats(rng, n=5).inputs["airlines"]
    world.full.add(airlines[3])
    check_all(learner, airlines, show_all(learner, airlines))


@behaviour(points=10, category="correctness")
def test_twice(learner, rng):
    """A ref that is in the list several times is yielded for each place."""
    airlines = learner.world.same_ref_twice(rng, n=4).inputs["airlines"]
    airlines.insert(int(rng.integers(1, 3)), airlines[0])
    check_all(learner, airlines, show_all(learner, airlines))


@behaviour(points=15, category="resilience")
def test_time_is_up(learner, rng):
    """When the time is up, what is ready is yielded with its value, and the rest as TimeoutError."""
    world = learner.world
    for timeout in (0.0, 0.3):
        airlines = world.draw_airlines(rng, 4)
        pending = [0, int(rng.integers(1, 4))]
        world.held = {airlines[index] for index in pending}
        ready = [airline for airline in airlines if airline not in world.held]
        with teaching(LESSONS):
            learner.scenario("start_when_ready", airlines=airlines, ready=ready, timeout=timeout)
        told = take(learner, 5)
        check_time_is_up(learner, airlines, told, pending, timeout)
        world.let_go(*airlines)


def check_time_is_up(
    learner: Any, airlines: list[int], told: list[dict[str, Any]], pending: list[int], timeout: float
) -> None:
    for one in told:
        if one["index"] not in pending:
            assert one["kind"] != "TimeoutError", (
                f"Index {one['index']} was ready before as_ready was called with timeout={timeout}, and came "
                "as TimeoutError. `ray.wait` with timeout=0 returns what is ready: look before you give up. "
                f"See {WAIT}"
            )
            check_pair(learner, airlines, one)
            continue
        assert one["kind"] == "TimeoutError", (
            f"The time, timeout={timeout}, was up, the task of index {one['index']} was not done, and "
            f"as_ready yielded a {one['kind']} for it; expected is a TimeoutError. Give `ray.wait` the "
            f"timeout: its first list is empty when the time is up. 0 is a timeout, None is not. See {WAIT}"
        )
    check_places(told, list(range(len(airlines))))


def asked_when_time_is_up(learner: Any, rng: Any) -> tuple[str, float]:
    """What the second pair holds that is asked for when the time is up, and how long it takes to come."""
    world = learner.world
    airlines = world.draw_airlines(rng, 2)
    world.held, world.guard_s = {airlines[1]}, 3 * TIMEOUT_S
    start(learner, airlines, TIMEOUT_S)
    first = take(learner, 1)
    with teaching(LESSONS):
        second, took_s = learner.scenario(
            "take_when_time_is_up", n=1, timeout=TIMEOUT_S, returns=([TOLD], float)
        )
    check_places([*first, *second], [0, 1])
    check_pair(learner, airlines, first[0])
    return second[0]["kind"], took_s


@behaviour(points=5, category="resilience")
def test_one_time_for_all(learner, rng, observe):
    """The time is for all refs together and does not begin again."""
    for _ in range(2):  # the machine may stall once; a time that begins again does so each time
        kind, took_s = asked_when_time_is_up(learner, rng)
        in_time = kind == "TimeoutError" and took_s < 0.9 * TIMEOUT_S
        if in_time:
            break
    observe(took_s, limit=TIMEOUT_S, unit="s too late")
    assert in_time, (
        f"timeout={TIMEOUT_S}: the first pair came at once, and {TIMEOUT_S} s later the next one was asked "
        f"for. It came after {took_s:.1f} s more, as {kind}; expected is a TimeoutError at once. `ray.wait` "
        "knows nothing of the waits before it: note when the time is up, and give it what is left."
    )


@behaviour(points=10, category="memory")
def test_lets_go(learner, rng, observe):
    """A result that was yielded can be freed while the others are still awaited."""
    world = learner.world
    airlines = world.draw_airlines(rng, 6)
    world.held = {airlines[-1]}
    before = learner.look("store").store.used_bytes
    start(learner, airlines, n_floats=N_FLOATS)
    told = take(learner, 5)
    for one in told:
        check_pair(learner, airlines, one)
    check_places(told, [0, 1, 2, 3, 4])
    give_up_s = time.monotonic() + 1.5
    while (kept := learner.look("store").store.used_bytes - before) > 1.5 * SIZE:
        if time.monotonic() > give_up_s:
            break
        time.sleep(0.05)
    world.let_go(*airlines)
    take(learner, 1)
    learner.scenario("stop")
    observe(kept / 1e6, limit=1.5 * SIZE / 1e6, unit="MB kept")
    assert kept <= 1.5 * SIZE, (
        f"5 results of {SIZE / 1e6:.0f} MB were yielded and dropped by the caller, and {kept / 1e6:.0f} MB "
        "are still in the object store; expected is at most the last one. An object stays as long as any ref "
        f"to it does: as_ready still has them, in its argument, a list or a dict. See {OBJECTS}"
    )


@behaviour(points=5, category="memory")
def test_nothing_is_left(learner, rng):
    """When the caller stops in the middle, nothing is left."""
    world = learner.world
    airlines = world.draw_airlines(rng, 4)
    start(learner, airlines, n_floats=N_FLOATS)
    told = take(learner, 2)
    for one in told:
        check_pair(learner, airlines, one)
    assert len(told) == 2, f"Two of four pairs were asked for, and {len(told)} came."
    learner.scenario("stop")
    left = learner.leftovers()
    assert not left, (
        f"Still there five seconds after the caller left its loop and dropped its refs: {'; '.join(left)}. "
        f"An object stays as long as any ref to it does: look for globals and threads. See {OBJECTS}"
    )
