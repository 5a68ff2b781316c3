"""What `total` must do. One behaviour per test.

No verdict here depends on a clock. Where fetches have to meet, the world holds them until they have met or a
guard time is over.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from grader.suite import behaviour, same, void

N_KEYS = 64
N_KEYS_RACE = 8
MIN_IN_FLIGHT = 3


def draw_keys(rng: np.random.Generator, n: int) -> list[int]:
    """Different keys."""
    return [int(key) for key in rng.choice(N_KEYS, n, replace=False)]


def assert_total(world: Any, keys: list[int], seen: int) -> None:
    """Look at the result first: how a call worked earns nothing if its total is made up."""
    same(seen, sum(world.numbers[key] for key in keys), f"the total of {len(keys)} keys")


@behaviour(points=40, category="correctness", required=True, stage=1)
def test_total(learner, rng):
    """The numbers are added."""
    world, keys = learner.world, draw_keys(rng, 5)
    keys.append(keys[0])  # counts twice
    assert_total(world, keys, learner.call("total", keys, returns=int))
    assert_total(world, keys, learner.scenario("total_of_a_generator", keys=keys, returns=int))
    assert_total(world, [], learner.call("total", [], returns=int))


@behaviour(points=20, category="resilience", stage=2)
def test_worker_killed(learner, rng):
    """A killed worker costs nothing."""
    world, keys = learner.world, draw_keys(rng, 4)
    world.kill_once = True
    assert_total(world, keys, learner.call("total", keys, returns=int))
    if not world.ledger.entries(outcome="killed"):
        void("no worker was killed")


@behaviour(points=20, category="performance", stage=1)
def test_overlap(learner, rng, observe):
    """Fetches overlap."""
    world, keys = learner.world, draw_keys(rng, 4)
    world.overlap = MIN_IN_FLIGHT
    assert_total(world, keys, learner.call("total", keys, returns=int, deadline_s=20.0))
    peak = world.ledger.peak("fetch")
    observe(peak, limit=MIN_IN_FLIGHT, unit="in flight")
    assert peak >= MIN_IN_FLIGHT, f"at most {peak} fetches were in flight; expected at least {MIN_IN_FLIGHT}"


@behaviour(points=20, category="performance", stage=2)
def test_speed(race):
    """As fast as the reference."""
    race.run(
        "total",
        draw=lambda _world, rng: ((draw_keys(rng, N_KEYS_RACE),), {}),
        returns=int,
        check=lambda world, args, _kwargs, value: assert_total(world, args[0], value),
        naive_ratio=3.0,
    )
