"""What the brief promises. Here the register rejects deeds without a text."""


def test_every_deed_is_stored(solution):
    report = solution.ingest({"a1": "a mill", "a2": "a meadow", "a3": "a pond"})
    assert report == {"stored": {deed: f"receipt for {deed}" for deed in ("a1", "a2", "a3")}, "failed": {}}


def test_a_rejected_deed_is_reported(solution):
    report = solution.ingest({"a1": "a mill", "a2": "", "a3": "a pond"})
    assert report["failed"] == {"a2": "RejectedError: a2 has no text"}
    assert sorted(report["stored"]) == ["a1", "a3"]


def test_no_deeds(solution):
    assert solution.ingest({}) == {"stored": {}, "failed": {}}
