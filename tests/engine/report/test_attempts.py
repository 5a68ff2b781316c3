"""Attempts as they are read back from records."""

import csv
import io
import json

import pytest

from grader.report.attempts import CSV_COLUMNS, best, own, read_attempts, to_csv, traces_of, trend
from tests.support.examples import a_document, a_trace


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "records"


def keep(folder, name="20260101T101112-7-abc.json", **changes):
    document = a_document(**changes)
    path = folder / document["challenge"] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return path


def test_attempts_come_oldest_first_whatever_their_files_are_called(folder):
    keep(folder, "b.json", when="2026-01-02T00:00:00Z", score=50)
    keep(folder, "a.json", when="2026-01-03T00:00:00Z", score=60)
    keep(folder, "c.json", challenge="hanging_tasks", when="2026-01-01T00:00:00Z", score=40)
    attempts, broken = read_attempts(folder=folder)
    assert [a.score for a in attempts] == [40, 50, 60]
    assert broken == []
    assert [a.score for a in read_attempts("slow_gets", folder)[0]] == [50, 60]


def test_a_record_without_a_time_takes_it_from_its_name(folder):
    path = keep(folder)
    document = json.loads(path.read_text())
    del document["when"]
    path.write_text(json.dumps(document))
    ((attempt,), _) = read_attempts(folder=folder)
    assert attempt.when == "2026-01-01T10:11:12Z"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"challenge": "slow_gets"}', "null"])
def test_what_cannot_be_read_is_named_and_the_rest_is_kept(folder, text):
    keep(folder)
    (folder / "slow_gets" / "broken.json").write_text(text)
    attempts, broken = read_attempts(folder=folder)
    assert len(attempts) == 1
    assert len(broken) == 1
    assert "broken.json" in broken[0]


def test_only_solutions_of_ones_own_count_and_a_pass_beats_points(folder):
    keep(folder, "a.json", score=99, outcome="inconclusive")
    keep(folder, "b.json", score=85, outcome="passed")
    keep(folder, "c.json", score=100, outcome="passed", kind="file")
    attempts, _ = read_attempts(folder=folder)
    assert len(own(attempts)) == 2
    assert best(attempts).score == 85
    assert best([]) is None


def test_a_trend_goes_up_with_the_scores(folder):
    for n, score in enumerate((0, 50, 100)):
        keep(folder, f"{n}.json", when=f"2026-01-0{n + 1}T00:00:00Z", score=score)
    assert trend(read_attempts(folder=folder)[0]) == "▁▅█"
    assert trend([]) == ""


def test_csv_has_a_row_per_attempt_and_all_columns(folder):
    keep(folder, ratio=1.5)
    keep(folder, "b.json", challenge="hanging_tasks", ratio=None)
    rows = list(csv.DictReader(io.StringIO(to_csv(read_attempts(folder=folder)[0]))))
    assert [tuple(row) for row in rows] == [CSV_COLUMNS] * 2
    assert {row["challenge"]: row["ratio"] for row in rows} == {"slow_gets": "1.5", "hanging_tasks": ""}


def test_csv_names_the_stages_that_stand(folder):
    keep(folder)
    keep(folder, "b.json", when="2026-01-02T00:00:00Z", stood=(True, False, True))
    rows = list(csv.DictReader(io.StringIO(to_csv(read_attempts(folder=folder)[0]))))
    assert [row["stages_standing"] for row in rows] == ["", "1 3"]


@pytest.mark.parametrize(
    ("state", "speed", "word"), [("clear", "1.50x", "yes"), ("unclear", "(1.50x)", "no")]
)
def test_a_ratio_that_was_not_judged_is_marked(folder, state, speed, word):
    keep(folder, ratio=1.5, state=state)
    attempts, _ = read_attempts(folder=folder)
    assert [a.speed for a in attempts] == [speed]
    assert [row["ratio_judged"] for row in csv.DictReader(io.StringIO(to_csv(attempts)))] == [word]


def test_traces_survive_the_record(folder):
    trace = a_trace()
    keep(folder, traces={"learner": trace.to_json(), "reference": trace.to_json()})
    ((attempt,), _) = read_attempts(folder=folder)
    assert traces_of(attempt) == {"yours": trace, "reference": trace}
    assert traces_of(None) == {}
