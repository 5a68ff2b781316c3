"""What `total` must do. One behaviour per test.

No verdict here depends on a clock. Where fetches have to meet, the world holds them until they have met or a
guard time is over.
"""

from __future__ import annotations

from typing import Any

from grader.suite import behaviour, same, void

N_KEYS_RACE = 8


def assert_total(world: Any, keys: list[int], seen: int) -> None:
    """Look at the result first: how a call worked earns nothing if its total is made up."""
    same(seen, sum(world.numbers[key] for key in keys), f"the total of {len(keys)} keys")


@behaviour(points=40, category="correctness", required=True, stage=1)
def test_total(learner, rng):
    """The numbers are added."""
    world = learner.world
    keys = world.draw_keys(rng, 5)
    keys.append(keys[0])  # counts twice
    assert_total(world, keys, learner.call("total", keys, returns=int))
    assert_total(world, keys, learner.scenario("total_of_a_generator", keys=keys, returns=int))
    assert_total(world, [], learner.call("total", [], returns=int))


@behaviour(points=20, category="resilience", stage=2)
def test_worker_killed(learner, rng):
    """A killed worker costs nothing."""
    world = learner.world
    keys = world.killed_worker(rng).args[0]
    assert_total(world, keys, learner.call("total", keys, returns=int))
    if not world.ledger.entries(outcome="killed"):
        void("no worker was killed")


@behaviour(points=20, category="performance", stage=1)
def test_overlap(learner, rng, observe):
    """Fetches overlap."""
    world = learner.world
    keys = world.held_answers(rng).args[0]
    assert_total(world, keys, learner.call("total", keys, returns=int, deadline_s=20.0))
    peak = world.ledger.peak("fetch")
    observe(peak, limit=world.overlap, unit="in flight")
    assert peak >= world.overlap, f"at most {peak} fetches were in flight; expected at least {world.overlap}"


@behaviour(points=20, category="performance", stage=2)
def test_speed(race):
    """As fast as the reference."""
    race.run(
        "total",
        draw=lambda world, rng: ((world.draw_keys(rng, N_KEYS_RACE),), {}),
        returns=int,
        check=lambda world, args, _kwargs, value: assert_total(world, args[0], value),
        naive_ratio=3.0,
    )
