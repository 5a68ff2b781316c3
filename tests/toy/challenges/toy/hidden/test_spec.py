"""What `total` must do."""

from grader.suite import behaviour, void


def assert_total(world, keys, seen):
    expected = sum(world.numbers[key] for key in keys)
    assert (type(seen), seen) == (int, expected), (
        f"the total of {len(keys)} keys is {seen!r}, expected {expected}"
    )


@behaviour(points=40, category="correctness", required=True)
def test_total(learner, rng):
    """The numbers are added."""
    keys = [int(k) for k in rng.integers(0, 64, 6)]
    assert_total(learner.world, keys, learner.call("total", keys))


@behaviour(points=20, category="resilience")
def test_worker_killed(learner):
    """A killed worker costs nothing."""
    learner.world.kill_once = True
    assert_total(learner.world, [1, 2, 3, 4], learner.call("total", [1, 2, 3, 4]))
    if not learner.world.ledger.entries(outcome="killed"):
        void("no worker was killed")


@behaviour(points=20, category="performance")
def test_overlap(learner, observe):
    """Fetches overlap."""
    world = learner.world
    world.overlap = 3
    keys = [5, 6, 7, 8]
    assert_total(world, keys, learner.call("total", keys, deadline_s=20.0))
    peak = world.ledger.peak("fetch")
    observe(peak, limit=3, unit="in flight")
    assert peak >= 3, f"at most {peak} fetches were in flight; expected at least 3"


@behaviour(points=20, category="performance")
def test_speed(race):
    """As fast as the reference."""
    race.run(
        "total",
        draw=lambda _world, rng: (([int(k) for k in rng.integers(0, 64, 8)],), {}),
        check=lambda world, args, _kwargs, value: assert_total(world, args[0], value),
        naive_ratio=3.0,
    )
