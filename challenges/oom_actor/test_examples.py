"""The promises of the brief on a small scale.

`learner.call` calls a function of your file. `learner.scenario("summaries", ...)` feeds an actor with
hidden/scenarios.py: it creates the actor, adds batch after batch, and asks for a summary after the numbers of
batches in `looks`.
"""

import uuid

import numpy as np
import pytest


def summaries(learner, batches, looks, last_k=None):
    job = {"name": f"example-{uuid.uuid4()}", "last_k": last_k, "batches": batches, "looks": looks}
    return learner.scenario("summaries", jobs=[job], deadline_s=20)[0]


def test_figures_of_two_batches(learner):
    first, second = np.array([1.0, 2.0, 3.0]), np.array([np.nan, 6.0])
    (seen,) = summaries(learner, [(0, first), (1, second)], looks=[2])
    assert seen["count"] == 4
    assert seen["batches"] == 2
    assert (seen["min"], seen["max"]) == (1.0, 6.0)
    assert seen["mean"] == pytest.approx(3.0, abs=1e-9)
    assert seen["std"] == pytest.approx(np.std([1, 2, 3, 6]), abs=1e-9)


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
    seen = learner.call("process", paths, memory_budget_bytes=1_000_000, deadline_s=20)
    assert seen["files"][paths[0]]["mean"] == pytest.approx(499.5, abs=1e-9)
    assert (seen["total"]["count"], seen["total"]["max"]) == (2000, 1999.0)
    assert 1969 <= seen["total"]["p99"] <= 1990


def test_a_bad_file_is_reported(learner, tmp_path):
    good, bad = str(tmp_path / "good.npy"), str(tmp_path / "bad.npy")
    np.save(good, np.ones(10))
    (tmp_path / "bad.npy").write_text("no readings")
    seen = learner.call("process", [bad, good], memory_budget_bytes=1_000_000, deadline_s=20)
    assert seen["files"][bad] == {"error": "not a .npy file"}
    assert seen["total"]["count"] == 10


def test_no_files(learner):
    seen = learner.call("process", [], memory_budget_bytes=1_000_000, deadline_s=20)
    assert seen["files"] == {}
    assert seen["total"]["count"] == 0
