"""An answer is read completely before a suite sees it; whatever is wrong with it is told with its place."""

import math

import numpy as np
import pytest

from grader.inside import kata_wire
from grader.judge.forms import array, either, form_of, named, opened, promised, sealed
from grader.judge.places import WrongAnswer
from tests.support.odd_answers import ODD

RESULT = either({"id": int, "score": float}, {"id": int, "error": str})
FORMS = {
    "int": int,
    "float": float,
    "str": str,
    "None": None,
    "a number or nothing": int | float | None,
    "a list": [int],
    "results": [RESULT],
    "a pair": (int, str),
    "a record": {"id": int, "score": float},
    "part of a record": {"id": int, ...: ...},
    "a mapping by text": {str: float},
    "a mapping by number": {int: [str]},
    "an array": array(float, (3,)),
    "a table": array(int, (None, 3)),
    "a name": named({"x": [float]}, "query()"),
}


def refusal(value, form, name="run()"):
    with pytest.raises(WrongAnswer) as seen:
        promised(value, form, name)
    return str(seen.value)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
def test_reading_whatever_can_be_returned_gives_the_form_or_a_short_message(value, form):
    try:
        read = promised(value, form, "run()")
    except WrongAnswer as wrong:
        message = str(wrong)
    else:
        promised(read, form, "run()")  # what was read has the form
        return
    assert message.startswith(("run()", "query()"))
    assert len(message) < 1000


@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
def test_what_is_odd_can_be_sent_by_a_solution(value):
    assert kata_wire.dump(value)


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (3, int),
        (-1.5, float),
        (True, bool),
        (None, int | None),
        (2.0, int | float),
        ([], [str]),
        (("a", 1), (str, int)),
        ({}, {str: int}),
        ({"id": 1, "error": "x"}, RESULT),
        ({"id": 1, "score": 0.5}, RESULT),
        ({}, {}),
        ((), ()),
    ],
)
def test_what_has_the_form_is_read_as_it_is(value, form):
    assert promised(value, form, "run()") == value


@pytest.mark.parametrize(
    ("value", "form", "message"),
    [
        (True, int, "run() is True (bool), promised is int"),
        (1, float, "run() is 1 (int), promised is float"),
        (None, [int], "run() is None, promised is list of int"),
        (float("inf"), float, "run() is inf, promised is a finite float"),
        (10**300, int, "run() is an int of more than 300 digits"),
        (math.inf, int | float | None, "run() is inf, promised is a finite float"),
        (1, float | None, "run() is 1 (int), promised is float or None"),
        ([1, 2, "3"], [int], "run()[2] is '3' (str), promised is int"),
        ((1,), [int], "run() is (1,) (tuple), promised is list of int"),
        ([1], (int, int), "run() has 1 items, promised are 2: (int, int)"),
        ({"a": {"p99": [0.25, math.nan]}}, {str: {"p99": [float]}}, 'run()["a"]["p99"][1] is nan, promised'),
        ({"x": 1}, {"y": int}, "run() has the keys ['x'], promised are ['y']"),
        ({"x": 1, 2: 1}, {"x": int}, "run() has the keys ['x', 2], promised are ['x']"),
        ({1: 1}, {str: int}, "run() has the key 1 (int), promised is dict of str: int"),
        ([{"id": 1, "score": 3}], [RESULT], '[0]["score"] is 3 (int), promised is float'),
        ([{"id": 1}], [RESULT], 'promised is {"id": int, "score": float} or {"id": int, "error": str}'),
        (np.arange(3), int, "run() is an int64 array of shape (3,), promised is int"),
        (np.arange(3), array(float), "(3,), promised is a float64 array of shape (any,)"),
        (np.array([1.0, np.inf]), array(float), "holds 1 numbers that are not finite, the first at [1]: inf"),
    ],
)  # fmt: skip
def test_what_has_another_form_is_told_with_its_place(value, form, message):
    assert message in refusal(value, form)


def test_a_name_takes_the_place_of_the_path_and_is_set_apart_where_it_is_prose():
    form = [named({"mean": float}, "after 3 batches")]
    assert refusal([{"mean": 1}], form) == 'after 3 batches: ["mean"] is 1 (int), promised is float'
    inner = either(named({"mean": float}, "summary()"), str)
    assert refusal([{"mean": 1}], [inner]) == 'summary()["mean"] is 1 (int), promised is float'


def test_other_keys_are_left_out_only_where_the_form_says_so():
    assert promised({"id": 1, "odd": [[]]}, {"id": int, ...: ...}, "run()") == {"id": 1}
    assert "odd" in refusal({"id": 1, "odd": [[]]}, {"id": int})


def test_what_is_sealed_cannot_be_looked_at_and_can_be_sent_back():
    read = promised({"state": {"w": np.arange(2)}}, {"state": {str: sealed}}, "run()")
    with pytest.raises(TypeError):
        len(read["state"]["w"])
    assert opened(read)["state"]["w"].tolist() == [0, 1]
    assert opened((read["state"]["w"], [1]))[1] == [1]


@pytest.mark.parametrize("written", [[int, str], [], {1: int}, object, "int", {object: int}, list, dict])
def test_what_is_no_form_is_a_defect_of_the_suite(written):
    with pytest.raises(TypeError):
        form_of(written)
    with pytest.raises(TypeError):
        array(str)
