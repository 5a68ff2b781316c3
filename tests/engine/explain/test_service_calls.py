"""What is said about the outside world follows from its ledger alone."""

import numpy as np
import pytest

from grader.explain.service_calls import brief, mishaps, operations_seen
from grader.world.ledger import Entry


def entry(number, op="fetch", args=(1,), *, pid=7, start_s=0.0, end_s=1.0, outcome="ok"):
    return Entry(number=number, op=op, args=args, pid=pid, start_s=start_s, end_s=end_s, outcome=outcome)


def test_each_operation_has_a_row_with_what_was_asked_of_it():
    rows = operations_seen(
        [
            entry(0, start_s=0.0, end_s=1.0),
            entry(1, args=(2,), pid=8, start_s=0.5, end_s=3.0),
            entry(2, op="score", start_s=0.9, end_s=1.0),
            entry(3, args=(2,), pid=8, start_s=3.0, end_s=3.5, outcome="killed"),
        ]
    )
    assert [row.op for row in rows] == ["fetch", "score"]
    fetch = rows[0]
    assert (fetch.calls, fetch.at_once, fetch.processes, fetch.repeated) == (3, 2, 2, 1)
    assert fetch.longest_s == 2.5
    assert dict(fetch.endings) == {"ok": 2, "killed": 1}


def test_a_call_that_is_still_open_counts_as_open_to_the_end():
    (row,) = operations_seen(
        [
            entry(0, start_s=0.0, end_s=None, outcome="open"),
            entry(1, args=(2,), start_s=4.0, end_s=5.0),
        ]
    )
    assert row.at_once == 2
    assert row.longest_s == 5.0


def test_calls_with_other_arrays_but_the_same_other_arguments_are_repeats():
    calls = [entry(k, args=(np.full(3, k), "shard", 4)) for k in range(3)]
    assert operations_seen(calls)[0].repeated == 2


def test_calls_without_arguments_are_no_repeats():
    assert operations_seen([entry(k, op="read", args=()) for k in range(3)])[0].repeated == 0


def test_nothing_asked_is_an_empty_table():
    assert operations_seen([]) == []
    assert mishaps([], 0.0) == []


def test_calls_without_an_answer_are_told_by_time_with_what_became_of_them():
    found = mishaps(
        [
            entry(0, args=(5,), start_s=12.0, end_s=None, outcome="open"),
            entry(1, args=(6,), start_s=10.5, end_s=11.5, outcome="killed"),
            entry(2, args=(7,), start_s=10.0, end_s=11.0, outcome="ok"),
            entry(3, args=("x",), pid=9, start_s=10.0, end_s=10.25, outcome="refused"),
        ],
        began_s=10.0,
    )
    assert [(each.at_s, each.pid, each.what) for each in found] == [
        (0.25, 9, "fetch('x') was refused"),
        (1.5, 7, "fetch(6) killed its caller"),
        (2.0, 7, "fetch(5) has not been answered"),
    ]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (3, "3"),
        ("a", "'a'"),
        (b"12345", "5 bytes"),
        (np.zeros((2, 3)), "float64 array of shape (2, 3)"),
        ([1, 2, 3], "[1, 2, 3]"),
        ([1, 2, 3, 4], "[1, … 4 in all]"),
    ],
)
def test_a_value_is_told_in_a_few_characters(value, words):
    assert brief(value) == words


def test_a_long_value_is_cut():
    assert len(brief("x" * 500)) == 60
