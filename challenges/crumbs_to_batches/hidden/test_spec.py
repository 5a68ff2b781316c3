"""What the map must do. One behaviour per test.

Every postmark is a new one, which only the judge knows, so the results tell which calls they were made from.
Tasks and bytes are counted by the cluster: nothing depends on a clock.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from grader.suite import SolutionRaised, behaviour, peak, same, teaching

GRAIN = "https://docs.ray.io/en/latest/ray-core/patterns/too-fine-grained-tasks.html"
BY_VALUE = "https://docs.ray.io/en/latest/ray-core/patterns/pass-large-arg-by-value.html"
TASKS = "https://docs.ray.io/en/latest/ray-core/tasks.html"
LESSONS = {
    "has no len()": "Not every iterable has a length: a generator has none. Make it a list first.",
    "is not subscriptable": "Not every iterable can be sliced: a generator cannot. Make it a list first.",
    "Could not serialize": f"What goes to a task is pickled, the function too. See {TASKS}",
}
CALL_S = 20.0  # against hangs only
N_MANY, MOST_TASKS = 300, 30
TABLE_BYTES = 2_000_000


def stamped(learner: Any, letters: list[str], kind: str = "list") -> list[str]:
    """Map over the letters, and check that each was stamped once, by a worker, and is in its place."""
    with teaching(LESSONS):
        found = list(
            learner.scenario("stamp_all", letters=letters, kind=kind, returns=[str], deadline_s=CALL_S)
        )
    world = learner.world
    assert len(found) == len(letters), (
        f"{len(letters)} items went in and {len(found)} results came out. Is a remainder left over where the "
        "items are cut into batches?"
    )
    for letter, n in Counter(mark.letter for mark in world.postmarks).items():
        assert n == 1, f"`fn` was applied {n} times to {letter!r}; expected is once."
    marks = {mark.letter: mark.text for mark in world.postmarks}
    same(found, [marks.get(letter, "nothing") for letter in letters], "the results")
    check_callers(learner, {mark.pid for mark in world.postmarks})
    return found


def check_callers(learner: Any, pids: set[int]) -> None:
    """Check that workers have done it."""
    strangers = pids - learner.worker_pids()
    assert not strangers, (
        f"Process {min(strangers)} applied `fn`, and it is no Ray worker. A function runs in a worker when "
        f"you call `task.remote(...)`; a plain call runs where it is made. See {TASKS}"
    )


def letters_of(learner: Any, rng: np.random.Generator, low: int, high: int) -> list[str]:
    """So many letters, an odd number: what cuts them into equal batches has a remainder."""
    return learner.world.draw_letters(rng, 2 * int(rng.integers(low // 2, high // 2)) + 1)


@behaviour(points=20, category="correctness", required=True)
def test_all_in_order(learner, rng):
    """There is a result for each item, in the order of the items."""
    letters = letters_of(learner, rng, 101, 150)
    assert stamped(learner, letters), f"{len(letters)} items went in, and no result came out."


@behaviour(points=10, category="performance")
def test_many_share_tasks(learner, rng, observe):
    """Many items share few tasks."""
    letters = learner.world.none(rng, N_MANY).inputs["letters"]
    with learner.counting() as counts:
        stamped(learner, letters)
    observe(counts.n_tasks, limit=MOST_TASKS, unit="tasks")
    assert counts.n_tasks <= MOST_TASKS, (
        f"{counts.n_tasks} tasks were run for {N_MANY} items; expected are {MOST_TASKS} at most. Each costs "
        f"about half a millisecond beside its work, in the driver and in a worker. See {GRAIN}"
    )


@behaviour(points=15, category="performance")
def test_few_are_spread(learner, rng, observe):
    """Of a few items, two are worked on at the same time."""
    world = learner.world
    stamped(learner, world.few(rng, int(rng.integers(4, 7))).inputs["letters"])
    n = peak(world.ledger.entries("stamp", "ok"))
    observe(n, limit=2, unit="at the same time")
    assert n >= 2, (
        "No two items were worked on at the same time, though there are 2 CPUs and more items than that. "
        "The items of one task are worked on one after the other, in one worker. If a batch has a fixed "
        f"size, few items share one task: fix the number of batches instead. See {GRAIN}"
    )


@behaviour(points=15, category="performance")
def test_slow_holds_up_few(learner, rng, observe):
    """While one item takes long, most others get done."""
    world = learner.world
    letters = world.one_slow(rng).inputs["letters"]
    stamped(learner, letters)
    observe(world.n_meanwhile, limit=40, unit="done meanwhile")
    assert world.n_meanwhile >= 40, (
        f"One of {len(letters)} items took long, and {world.n_meanwhile} others got done meanwhile; expected "
        "are 40. Those in the same task wait behind it, though another CPU has nothing to do. Make several "
        f"batches for each CPU: a worker takes the next one when it is done. See {GRAIN}"
    )


@behaviour(points=15, category="memory")
def test_function_is_stored_once(learner, rng, observe):
    """The function is stored once, however many tasks there are."""
    letters = learner.world.none(rng, N_MANY).inputs["letters"]
    with learner.counting() as counts:
        stamped(learner, letters)
    observe(round(counts.stored_bytes / 1e6, 1), limit=3, unit="MB stored")
    assert counts.stored_bytes <= 1.5 * TABLE_BYTES, (
        f"{counts.stored_bytes / 1e6:.0f} MB were put into the object store, in {counts.n_tasks} tasks; `fn` "
        "has 2 MB. An argument above 100 KB is stored for each call, a function with what it carries too. "
        f"`ray.put(fn)` stores it once: hand the ref to the tasks, and they get the value. See {BY_VALUE}"
    )


@behaviour(points=10, category="correctness")
def test_any_iterable(learner, rng):
    """Items may come from a generator."""
    stamped(learner, letters_of(learner, rng, 20, 40), kind="generator")
    with teaching(LESSONS):
        found = learner.scenario("stamp_all", letters=[], kind="generator", returns=[str], deadline_s=CALL_S)
    assert found == [], f"Without items the result is {found}; expected is an empty list."


@behaviour(points=10, category="resilience")
def test_error_names_its_item(learner, rng):
    """An error says which item it was."""
    world = learner.world
    letters = world.no_address(rng, int(rng.integers(50, 70))).inputs["letters"]
    (lost,) = world.lost
    raised = ""
    try:
        learner.scenario("stamp_all", letters=letters, returns=[str], deadline_s=CALL_S)
    except SolutionRaised as seen:
        raised = f"{seen.type_name}: {seen.text}"
    assert raised, f"`fn` raised for the item {letters.index(lost)}, and map_batched returned all the same."
    assert lost in world.objections, f"map_batched raised {raised[:80]!r}, and has not come to {lost!r}."
    check_callers(learner, {world.objections[lost].pid} | {mark.pid for mark in world.postmarks})
    expected = f"RuntimeError: item {letters.index(lost)}: NoAddressError: {world.objections[lost].text}"
    assert raised == expected, (
        f"map_batched raised {raised[:120]!r}; expected is {expected!r}. Only the task knows which item it "
        "was at: catch the exception there, and raise one that names the place among all items, not the one "
        f"in the batch. See {TASKS}"
    )


@behaviour(points=5, category="memory")
def test_nothing_is_left(learner, rng):
    """When `map_batched` has returned, nothing is left of it."""
    stamped(learner, letters_of(learner, rng, 20, 40))
    left = learner.leftovers()
    assert not left, (
        f"Still there five seconds after map_batched returned: {'; '.join(left)}. Look for refs and handles "
        f"that a global keeps. See {TASKS}"
    )
