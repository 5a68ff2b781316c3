"""The promises of the brief on a small scale.

`learner.call` calls a function of your file. `learner.scenario("summaries", ...)` feeds an actor with
hidden/scenarios.py: it creates the actor, adds batch after batch, and asks for a summary after the numbers of
batches in `looks`. `returns` is the form of the answer. As in a grading, the archive shifts what it delivers.
"""

import uuid

import numpy as np
import pytest

from grader.suite import either

SHIFT = 0.01  # service.MAX_SHIFT
FIGURES = {"count": int} | dict.fromkeys(("mean", "std", "min", "max", "p99"), float | None)
SUMMARY = FIGURES | {"batches": int, "recent_mean": float | None}


def summaries(learner, batches, looks, last_k=None):
    job = {"name": f"example-{uuid.uuid4()}", "last_k": last_k, "batches": batches, "looks": looks}
    return learner.scenario("summaries", jobs=[job], returns=[[SUMMARY]], deadline_s=20)[0]


def process(learner, paths, entry=FIGURES):
    returns = {"files": {str: entry}, "total": FIGURES}
    return learner.call("process", paths, memory_budget_bytes=1_000_000, returns=returns, deadline_s=20)


def test_the_example_of_the_brief(learner):
    batches = [(0, np.array([1.0, 2.0])), (5, np.array([6.0])), (2, np.array([np.nan, 3.0]))]
    (seen,) = summaries(learner, batches, looks=[3], last_k=2)
    assert (seen["count"], seen["batches"]) == (4, 3)
    assert (seen["min"], seen["max"]) == (1.0, 6.0)
    assert seen["mean"] == pytest.approx(3.0, abs=1e-9)
    assert seen["std"] == pytest.approx(np.std([1, 2, 6, 3]), abs=1e-9)
    assert 3.0 <= seen["p99"] <= 6.0
    assert seen["recent_mean"] == pytest.approx(4.5, abs=1e-9)


def test_a_batch_sent_again_counts_once(learner):
    batch = np.arange(5.0)
    (seen,) = summaries(learner, [(3, batch), (3, batch)], looks=[2])
    assert (seen["batches"], seen["count"]) == (1, 5)


def test_recent_mean_goes_by_number(learner):
    batches = [(0, np.array([10.0])), (5, np.array([1.0, 1.0, 1.0])), (2, np.array([5.0]))]
    (seen,) = summaries(learner, batches, looks=[3], last_k=2)
    assert seen["recent_mean"] == pytest.approx(2.0, abs=1e-9)


def test_nothing_yet(learner):
    (seen,) = summaries(learner, [], looks=[0])
    nothing = ("mean", "std", "min", "max", "p99", "recent_mean")
    assert seen == {"count": 0, "batches": 0} | dict.fromkeys(nothing)


def test_two_files(learner, tmp_path):
    paths = [str(tmp_path / "a.npy"), str(tmp_path / "b.npy")]
    np.save(paths[0], np.arange(1000.0))
    np.save(paths[1], np.arange(1000.0, 2000.0))
    seen = process(learner, paths)
    assert seen["files"][paths[0]]["mean"] == pytest.approx(499.5, abs=SHIFT)
    assert seen["total"]["count"] == 2000
    assert seen["total"]["max"] == pytest.approx(1999.0, abs=SHIFT)
    assert 1969 - SHIFT <= seen["total"]["p99"] <= 1990 + SHIFT


def test_a_bad_file_is_reported(learner, tmp_path):
    good, bad = str(tmp_path / "good.npy"), str(tmp_path / "bad.npy")
    np.save(good, np.ones(10))
    (tmp_path / "bad.npy").write_text("no readings")
    seen = process(learner, [bad, good], entry=either(FIGURES, {"error": str}))
    assert seen["files"][bad] == {"error": "not a .npy file"}
    assert seen["total"]["count"] == 10


def test_no_files(learner):
    seen = process(learner, [])
    assert seen["files"] == {}
    assert seen["total"]["count"] == 0
