"""What the brief promises. Here darts are really thrown."""

import math


def hits_of(estimate, n):
    return estimate * n / 4


def test_the_estimate(solution):
    assert abs(solution.estimate_pi(100_000, 4, seed=7) - math.pi) < 0.05


def test_every_throw_is_made(solution):
    for n, tasks in ((10, 3), (2, 5)):
        hits = hits_of(solution.estimate_pi(n, tasks, seed=7), n)
        assert abs(hits - round(hits)) < 1e-9, f"{n} throws cannot hit {hits} times"


def test_the_same_again(solution):
    assert solution.estimate_pi(1000, 4, seed=7) == solution.estimate_pi(1000, 4, seed=7)


def test_good_enough(solution):
    seen = solution.estimate_until(0.05, 500, seed=7, max_batches=40)
    assert abs(seen["pi"] - math.pi) < 0.25
    assert seen["throws"] % 500 == 0
    assert 1000 <= seen["throws"] <= 4000
