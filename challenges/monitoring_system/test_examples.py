"""The promises of the brief, checked against an archive that serves itself.

`play` creates a Monitor in your solution's process, with its own clock, and runs the steps in order:
("open", time, rules, options), ("clock", time), or a method of the monitor with its arguments.
"""

import pytest

T = 1_700_000_000.0


def play(solution, *steps):
    return solution.kata_play([list(step) for step in [*steps, ("close",)]])[:-1]


def samples(values, *, metric="cpu", source="web-1", first=1, start=T):
    """One sample per second."""
    return [(metric, source, first + k, start + k, float(value)) for k, value in enumerate(values)]


def test_a_window_is_open_on_the_left_and_closed_on_the_right(solution):
    _, seen, count, mean, nothing, none = play(
        solution,
        ("open", T + 9, [], {}),
        ("ingest", samples(range(10))),
        ("query", "cpu", "count", 3.0, T + 5),
        ("query", "cpu", "mean", 3.0, T + 5),
        ("query", "cpu", "count", 3.0, T - 5),
        ("query", "disk", "mean", 3.0, T + 5),
    )
    assert seen == {"accepted": 10, "duplicates": 0, "late": 0}
    assert (count, nothing, none) == (3, 0, None)
    assert mean == pytest.approx(4.0)


def test_p95_is_that_of_all_sources(solution):
    batch = [s for k in range(10) for s in samples(range(10 * k, 10 * k + 10), source=f"web-{k}")]
    _, _, p95 = play(
        solution, ("open", T + 9, [], {}), ("ingest", batch), ("query", "cpu", "p95", 60.0, T + 9)
    )
    assert p95 == 94.0


def test_late_samples_and_duplicates(solution):
    batch = samples(range(5))
    _, first, again, _, late, stats = play(
        solution,
        ("open", T + 5, [], {"retention_s": 60.0}),
        ("ingest", batch),
        ("ingest", batch),
        ("clock", T + 62),
        ("ingest", samples(range(5), first=6)),
        ("stats",),
    )
    assert first == {"accepted": 5, "duplicates": 0, "late": 0}
    assert again == {"accepted": 0, "duplicates": 5, "late": 0}
    assert late == {"accepted": 2, "duplicates": 0, "late": 3}
    assert (stats["received"], stats["stored"], stats["expired"]) == (15, 4, 3)


def test_a_full_series_drops_its_oldest(solution):
    _, _, low, stats = play(
        solution,
        ("open", T + 9, [], {"capacity": 4}),
        ("ingest", samples(range(10))),
        ("query", "cpu", "min", 60.0, T + 9),
        ("stats",),
    )
    assert (low, stats["stored"], stats["dropped"]) == (6.0, 4, 6)


def test_an_alert_waits_and_holds_still(solution):
    rule = {
        "name": "hot", "kind": "threshold", "metric": "cpu", "aggregate": "last", "window_s": 10.0,
        "op": ">", "limit": 80.0, "clear": 60.0, "for_s": 2.0,
    }  # fmt: skip
    steps = [("open", T + 6, [rule], {}), ("ingest", samples([90, 90, 90, 70, 90, 50, 90]))]
    answers = play(solution, *steps, *[("alerts", T + k) for k in range(7)])[2:]
    raised = {"rule": "hot", "event": "raised", "at": T + 2, "value": 90.0}
    resolved = {"rule": "hot", "event": "resolved", "at": T + 5, "value": 50.0}
    assert answers == [[], [], [raised], [], [], [resolved], []]


def test_silence(solution):
    rule = {"name": "gone", "kind": "no_data", "metric": "cpu", "after_s": 5.0}
    answers = play(
        solution,
        ("open", T, [rule], {}),
        ("clock", T + 6),
        ("ingest", samples([1, 2])),
        ("alerts", T + 5),
        ("alerts", T + 6),
        ("ingest", samples([3], first=3, start=T + 6)),
        ("alerts", T + 6),
        ("stats",),
    )
    assert answers[3] == []
    assert answers[4] == [{"rule": "gone", "event": "raised", "at": T + 6, "value": 5.0}]
    assert answers[6] == [{"rule": "gone", "event": "resolved", "at": T + 6, "value": 0.0}]
    assert answers[7]["firing"] == []


def test_a_shard_is_a_number_below_the_number_of_shards(solution):
    assert {solution.shard_of("cpu", f"web-{k}", 3) for k in range(100)} == {0, 1, 2}
