"""What the brief promises, with airlines that take a while."""

import time

import ray


class NoSeats(Exception):  # noqa: N818 - what the airline calls it
    """The aeroplane is full."""


@ray.remote(num_cpus=0)
def price(wait_s, value):
    time.sleep(wait_s)
    if value is None:
        raise NoSeats
    return value


def test_each_is_yielded_with_its_place(solution_module):
    refs = [price.remote(0, 310.0), price.remote(0, 270.0)]
    assert sorted(solution_module.as_ready(refs)) == [(0, 310.0), (1, 270.0)]
    assert list(solution_module.as_ready([])) == []


def test_the_slow_one_comes_last(solution_module):
    refs = [price.remote(3, 310.0), price.remote(0, 270.0)]
    assert list(solution_module.as_ready(refs)) == [(1, 270.0), (0, 310.0)]


def test_an_error_is_yielded(solution_module):
    ((index, error),) = solution_module.as_ready([price.remote(0, None)])
    assert index == 0
    assert isinstance(error, NoSeats)


def test_a_ref_that_comes_twice(solution_module):
    ref = price.remote(0, 270.0)
    assert sorted(solution_module.as_ready([ref, ref])) == [(0, 270.0), (1, 270.0)]


def test_the_time_is_up(solution_module):
    ((index, error),) = solution_module.as_ready([price.remote(3, 310.0)], timeout=0.1)
    assert index == 0
    assert isinstance(error, TimeoutError)
