"""The record: the agreed JSON, written whole or not at all."""

import contextlib
import json
import resource
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from grader.catalogue.submission import Submission
from grader.errors import EXIT_GRADER, GradingError
from grader.judge import record as record_module
from grader.judge.behaviour import Behaviour
from grader.judge.race import RaceResult
from grader.judge.record import Record, RunningRecord, environment, save_record
from grader.judge.speed import Rounds, judge_speed
from grader.judge.verdict import Check, subtotal, total

ROUNDS = Rounds(learner_s=(2.0,) * 5, reference_s=(1.0,) * 5, baseline_s=(1.0,) * 3)


def a_check(outcome="pass", name="test_a", **changes):
    behaviour = Behaviour(name=name, title="It holds", points=50, category="resilience", required=True)
    earned = 50.0 if outcome == "pass" else 0.0
    return Check(behaviour=behaviour, outcome=outcome, earned=earned, **changes)


def a_record(*checks, path="solution.py", seed=123):
    checks = checks or (a_check(), a_check("fail", "test_b", message="größe: 漢字\n[bold]"))
    return Record(
        challenge="slow_gets",
        when="2026-01-01T10:11:12Z",
        hints=0,
        pass_mark=80,
        submission=Submission(path=Path(path), kind="file", source=b"", sha256="ab" * 32, problem=""),
        seed=seed,
        seconds=9.123456,
        checks=checks,
        races=(RaceResult(name="run", rounds=ROUNDS, speed=judge_speed(ROUNDS, 8.0)),),
        score=total(checks, 80),
        environment=environment(),
    )


def read(path):
    """A record as a strict JSON parser reads it."""

    def refuse(constant):
        raise ValueError(f"{constant} is no JSON")

    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)


# -- the document --------------------------------------------------------------------------------


def test_the_document_has_the_agreed_keys(tmp_path):
    document = read(save_record(a_record(), tmp_path))
    expected = {
        "schema": 1,
        "challenge": "slow_gets",
        "score": 50,
        "max_score": 100,
        "passed": False,
        "outcome": "failed",
        "seed": 123,
        "seconds": 9.12,
        "solution": {"path": "solution.py", "sha256": "ab" * 32, "kind": "file"},
    }
    assert {key: document[key] for key in expected} == expected
    assert set(document) >= {"checks", "benchmark", "environment"}


def test_a_check_has_the_agreed_keys():
    check = a_check("fail", message="seen", observed=60, limit=48, unit="orders", seconds=1.2)
    (shown,) = a_record(check).to_json()["checks"]
    expected = {
        "name": "test_a",
        "title": "It holds",
        "category": "resilience",
        "points": 50,
        "earned": 0,
        "outcome": "fail",
        "message": "seen",
        "observed": 60,
        "limit": 48,
        "unit": "orders",
        "seconds": 1.2,
    }
    assert {key: shown[key] for key in expected} == expected


def test_a_benchmark_has_the_agreed_keys():
    (shown,) = a_record().to_json()["benchmark"]
    expected = {
        "name": "run",
        "ratio": 2.0,
        "band": [1.0, 1.0],
        "rounds": 5,
        "learner_s": [2.0] * 5,
        "reference_s": [1.0] * 5,
    }
    assert {key: shown[key] for key in expected} == expected


def test_the_environment_names_versions_and_machine():
    shown = environment()
    assert {"ray", "python", "cpus", "platform"} <= set(shown)
    assert all(shown[key] for key in ("ray", "python", "cpus", "platform"))


@pytest.mark.parametrize(
    ("outcomes", "outcome", "passed"),
    [
        (("pass", "pass"), "passed", True),
        (("pass", "fail"), "failed", False),
        (("pass", "inconclusive"), "inconclusive", False),
        (("pass", "error"), "error", False),
    ],
)
def test_outcome_and_passed_agree(outcomes, outcome, passed):
    document = a_record(*(a_check(o) for o in outcomes)).to_json()
    assert (document["outcome"], document["passed"]) == (outcome, passed)


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(a_check(observed=float("nan")), id="nan"),
        pytest.param(a_check(observed=2.0, limit=float("inf")), id="inf"),
        pytest.param(a_check(observed=np.float64(1.5)), id="numpy float"),
        pytest.param(a_check("fail", message="\x00\x1b[2J\u2028"), id="control characters"),
    ],
)
def test_every_record_is_strict_json(tmp_path, check):
    document = read(save_record(a_record(check), tmp_path))
    assert document["checks"][0]["message"] == check.message


def test_a_file_name_that_is_no_unicode_can_be_recorded(tmp_path):
    """As Python names a file whose bytes are not UTF-8."""
    document = read(save_record(a_record(path="gr\udcf6\udcdfe.py"), tmp_path))
    assert document["solution"]["path"].startswith("gr")


# -- on disk -------------------------------------------------------------------------------------


def files_below(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_record_is_one_file_below_its_challenge(tmp_path):
    path = save_record(a_record(), tmp_path / "new" / "records")
    assert files_below(tmp_path) == [path]
    assert path.parent.name == "slow_gets"
    assert path.suffix == ".json"


def test_no_record_replaces_another(tmp_path):
    """Two gradings of one seed may end within the same second."""
    paths = {save_record(a_record(path=f"{name}.py"), tmp_path) for name in ("a", "b", "c")}
    assert len(paths) == 3
    assert {read(p)["solution"]["path"] for p in paths} == {"a.py", "b.py", "c.py"}


def test_a_running_record_is_one_file_that_is_replaced(tmp_path, monkeypatch):
    monkeypatch.setattr(record_module, "save_record", partial(save_record, folder=tmp_path))
    running = RunningRecord()
    for n in (1, 2):
        checks = [a_check("pass")] * n
        running.keep(replace(a_record(*checks), score=subtotal(checks)))
        assert running.n_judged == n
        (path,) = files_below(tmp_path)
        assert read(path)["outcome"] == "interrupted"
        assert len(read(path)["checks"]) == n
    running.finish(a_record())
    assert files_below(tmp_path) == [path]
    assert read(path)["outcome"] != "interrupted"


def test_a_disk_that_is_full_meanwhile_does_not_end_the_run_but_is_told_at_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr(record_module, "save_record", partial(save_record, folder=tmp_path))
    running, long = RunningRecord(), a_record(a_check("fail", message="x" * 50_000))
    with small_files():
        running.keep(long)
        assert running.path is None
        with pytest.raises(GradingError, match="cannot be written"):
            running.finish(long)
    assert files_below(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    blocked = tmp_path / "records"
    blocked.write_text("a file where the folder should be")
    with pytest.raises(GradingError, match="cannot be written") as error:
        save_record(a_record(), blocked)
    assert str(blocked) in str(error.value)
    assert error.value.exit_status == EXIT_GRADER


@contextlib.contextmanager
def small_files():
    """No file may grow beyond 4 KB: the kernel refuses the write, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_told_and_leaves_nothing_behind(tmp_path):
    record = a_record(a_check("fail", message="x" * 50_000))
    with pytest.raises(GradingError, match="cannot be written"), small_files():
        save_record(record, tmp_path)
    assert files_below(tmp_path) == []


def test_an_older_record_survives_a_write_that_fails(tmp_path, monkeypatch):
    older = save_record(a_record(), tmp_path)
    before = older.read_bytes()

    def refuse(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(record_module.os, "replace", refuse)
    monkeypatch.setattr(record_module.os, "rename", refuse)
    with pytest.raises(GradingError, match="No space left on device"):
        save_record(replace(a_record(), seconds=1.0), tmp_path)
    assert older.read_bytes() == before
    assert [p for p in files_below(tmp_path) if p.suffix == ".json"] == [older]
