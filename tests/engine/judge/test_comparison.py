"""One comparison for all suites: types first, numbers that are numbers, tolerances that are stated."""

import math

import numpy as np
import pytest

from grader.judge.comparison import close, same
from grader.judge.places import WrongAnswer
from tests.support.odd_answers import ODD

EXPECTED = {
    "None": None,
    "an int": 1,
    "a float": 1.0,
    "text": "1",
    "bytes": b"1",
    "a list": [1, "1", None],
    "a record": {"id": 1, "score": 1.0},
    "an array": np.arange(3.0),
    "ints": np.arange(3),
    "words": np.array(["a", "b"]),
    "a scalar of NumPy": np.float64(1.0),
}


@pytest.mark.parametrize("expected", EXPECTED.values(), ids=EXPECTED)
@pytest.mark.parametrize("found", ODD.values(), ids=ODD)
def test_comparing_whatever_can_be_returned_raises_nothing_but_a_verdict(found, expected):
    try:
        same(found, expected, "run()", within=1e-9, rel=1e-9)
    except WrongAnswer as wrong:
        message = str(wrong)
    else:
        message = ""
    assert close(found, expected, within=1e-9, rel=1e-9) is not bool(message)
    assert not message or message.startswith("run()")
    assert len(message) < 1000


@pytest.mark.parametrize("expected", EXPECTED.values(), ids=EXPECTED)
def test_everything_is_the_same_as_itself(expected):
    same(expected.item() if isinstance(expected, np.generic) else expected, expected, "run()")


@pytest.mark.parametrize(
    ("found", "expected"), [(1, 1.0), (1.0, 1), (True, 1), (1, True), ("1", b"1"), (None, 0), ([], {})]
)
def test_types_are_compared_first(found, expected):
    assert not close(found, expected, within=9.0)


@pytest.mark.parametrize("found", [math.nan, math.inf, -math.inf])
def test_what_is_not_a_number_equals_nothing_however_wide_the_margin(found):
    assert not close(found, 0.25, within=1e300)
    assert not close([np.array([found])], [np.array([0.25])], within=1e300)


def test_margins_add_up():
    assert close(102.0, 100.0, within=1.0, rel=0.01)
    assert not close(102.1, 100.0, within=1.0, rel=0.01)
    assert close(1.7e308, 1.7e308)
    assert not close(-1.7e308, 1.7e308, within=1e300)


@pytest.mark.parametrize(
    ("found", "expected", "message"),
    [
        (3, 4, "the total is 3, expected 4"),
        (3.0, 4, "the total is 3.0 (float), expected 4 (int)"),
        (0.5, 0.25, "the total is 0.5, expected 0.25 ± 1e-09; they differ by 0.25"),
        (math.inf, 0.25, "the total is inf, expected 0.25 ± 1e-09"),
        ({"p99": [0.25, math.inf]}, {"p99": [0.25, 0.25]}, '["p99"][1] is inf, expected 0.25 ± 1e-09'),
        ({"a": 1}, {"a": 1, "b": 2}, "the total lacks 'b' of 2 expected keys"),
        ({"a": 1, "b": 2}, {"a": 1}, "the total has 'b', which is not expected"),
        ([1], [1, 2], "the total has 1 items, expected are 2: [1]"),
        (np.array([1.0, 5.0]), np.array([1.0, 2.0]), "in 1 of 2 numbers, most at [1]: 5.0, expected 2.0"),
        (np.zeros(2), np.zeros(3), "of shape (2,), expected a float64 array of shape (3,)"),
    ],
)  # fmt: skip
def test_a_message_names_the_place_and_what_was_found_and_expected(found, expected, message):
    with pytest.raises(WrongAnswer) as seen:
        same(found, expected, "the total", within=1e-9)
    assert message in str(seen.value)


@pytest.mark.parametrize("expected", [math.nan, math.inf, np.array([np.nan]), object(), {1}])
def test_an_expectation_that_nothing_can_meet_is_a_defect_of_the_suite(expected):
    found = np.array([1.0]) if isinstance(expected, np.ndarray) else 1.0
    with pytest.raises((ValueError, TypeError)):
        same(found, expected, "the total")
