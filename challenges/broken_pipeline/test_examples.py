"""What the brief promises, checked on a service that serves itself (see service.py).

`solution.run_on(batches, folder, ...)` calls `run_pipeline(batches, service.Sink(folder), ...)`, because only
plain data travels from here to your program.
"""

import json

import pytest


def record(number: int, **fields: object) -> dict:
    return {"id": f"o-{number}", "customer": f"c-{number % 3}", "sku": "s-113", "quantity": number} | fields


@pytest.fixture
def written(tmp_path):
    """The rows in the sink at `tmp_path`, by id; each of them once."""

    def read() -> dict:
        rows = [row for path in sorted(tmp_path.glob("*.json")) for row in json.loads(path.read_text())]
        assert len({row["id"] for row in rows}) == len(rows), "the sink holds a row more than once"
        return {row["id"]: row for row in rows}

    return read


def test_three_batches(solution, tmp_path, written):
    batches = [[record(1), record(2)], [record(3)], [record(4), record(5), record(6)]]
    report = solution.run_on(batches, str(tmp_path))
    assert set(report) == {"accepted", "rejected", "totals"}
    assert report["accepted"] == 6
    assert report["rejected"] == []
    rows = written()
    assert set(rows) == {f"o-{number}" for number in range(1, 7)}
    assert rows["o-6"]["cents"] == 6 * rows["o-1"]["cents"]
    assert report["totals"] == {
        f"c-{c}": sum(row["cents"] for row in rows.values() if row["customer"] == f"c-{c}") for c in range(3)
    }


def test_no_batch(solution, tmp_path):
    assert solution.run_on([], str(tmp_path)) == {"accepted": 0, "rejected": [], "totals": {}}


def test_bad_records_cost_only_themselves(solution, tmp_path, written):
    batch = [record(1), record(0), record(2, sku="cursed"), record(3, customer=None), record(4)]
    report = solution.run_on([batch, []], str(tmp_path))
    assert report["accepted"] == 2
    assert sorted(map(tuple, report["rejected"])) == [
        ("o-0", "its quantity is 0, expected at least 1"),
        ("o-2", "o-2 is priced by the dozen, a dozen has no goods"),
        ("o-3", "it has no customer"),
    ]
    assert set(written()) == {"o-1", "o-4"}


def test_a_large_batch(solution, tmp_path, written):
    report = solution.run_on([[record(number) for number in range(1, 31)]], str(tmp_path))
    assert report["accepted"] == 30
    assert len(written()) == 30


def test_more_batches_than_may_be_in_flight(solution, tmp_path, written):
    batches = [[record(3 * number + i) for i in range(1, 4)] for number in range(7)]
    report = solution.run_on(batches, str(tmp_path), max_in_flight=2)
    assert report["accepted"] == 21
    assert len(written()) == 21
