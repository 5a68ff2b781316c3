"""Judges on this machine: real processes, which grade nothing."""

import time

import psutil
import pytest

from grader.batch import here
from grader.batch.here import LocalPool, n_side_by_side
from tests.support.batches import PRETENDED, a_job, a_journal, outcome, run_of, wait_for
from tests.support.examples import a_challenge


@pytest.fixture
def pool():
    started = LocalPool(2, "as the test wants", cpus=1, module=PRETENDED)
    yield started
    started.close()


def test_judges_are_kept_for_the_next_job_and_one_that_dies_is_replaced(pool, tmp_path):
    note = str(tmp_path / "pids")
    jobs = [a_job(f"who{n}", note=note) for n in range(5)] + [a_job("eve", dies=True, note=note)]
    journal = a_journal(tmp_path / "out")
    run_of(jobs, journal).over(pool)
    ended = outcome(journal)
    assert {who: score for who, (score, _) in ended.items()} == {f"who{n}": 100 for n in range(5)} | {
        "eve": None
    }
    pids = (tmp_path / "pids").read_text().split()
    assert len(pids) == 5 + 3  # eve is tried three times
    assert len(set(pids)) < len(pids)


def test_closing_ends_what_runs(pool, tmp_path):
    note = tmp_path / "pids"
    pool.submit(a_job("ann", sleep=600, note=str(note)))
    wait_for(lambda: note.exists() and note.read_text().strip())
    assert any("ann · toy" in labels for labels in pool.running().values())
    judge = psutil.Process(int(note.read_text()))
    start = time.monotonic()
    pool.close()
    assert time.monotonic() - start < 60
    assert not judge.is_running() or judge.status() == psutil.STATUS_ZOMBIE


def test_what_the_machine_lacks_most_decides_how_many(monkeypatch):
    monkeypatch.setattr(here, "usable_cpus", lambda: 16)
    monkeypatch.setattr(here, "_SHARED", here.Path("/nowhere"))
    monkeypatch.setattr(here, "usable_memory", lambda: 100_000_000_000)
    assert n_side_by_side([a_challenge()], 2) == (8, "16 CPUs, 2 for each")
    monkeypatch.setattr(here, "usable_memory", lambda: 13_000_000_000)
    assert n_side_by_side([a_challenge()], 2) == (3, "13 GB of memory, 4 for each")
    assert n_side_by_side([a_challenge()], 32)[0] == 1  # slower, and still graded
