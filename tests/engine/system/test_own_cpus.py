"""Own CPUs: real processes that pin themselves, and what then counts as crowded."""

import os
import subprocess
import sys

import pytest

from grader.system import machine, neighbours
from tests.conftest import ROOT

PROGRAM = """
import os, subprocess, sys
from grader.system.own_cpus import take_cpus
taken = take_cpus(int(sys.argv[1]))
show = "import os; print(*sorted(os.sched_getaffinity(0)))"
below = subprocess.run(
    [sys.executable, "-c", show], capture_output=True, text=True
)
print(*taken, "|", below.stdout.strip(), flush=True)
sys.stdin.read()
"""
CPUS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
pytestmark = pytest.mark.skipif(CPUS < 2, reason="takes two CPUs of a system that can pin")


@pytest.fixture
def taking(tmp_path):
    """Start a process that takes CPUs: it, those it has taken, and those that its children may use."""
    started = []

    def take(n):
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(n)], cwd=ROOT, text=True, stdin=-1, stdout=-1,
            env=os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        started.append(process)
        taken, below = (set(part.split()) for part in process.stdout.readline().split("|"))
        return process, taken, below

    yield take
    for process in started:
        process.kill()
        process.communicate()


def test_nobody_gets_the_cpu_of_another_until_it_has_ended(taking):
    holders = [taking(1) for _ in range(CPUS)]
    assert len(set().union(*(taken for _, taken, _ in holders))) == CPUS
    assert all(taken == below for _, taken, below in holders)
    _, none, below = taking(1)
    assert (none, len(below)) == (set(), CPUS)
    process, taken, _ = holders[0]
    process.kill()
    process.wait()
    assert taking(1)[1] == taken


def test_all_cpus_are_nobodys_own(taking):
    assert taking(CPUS)[1:] == (set(), {str(cpu) for cpu in os.sched_getaffinity(0)})


def test_a_pinned_grading_is_crowded_by_what_others_take_of_its_own_cpus(monkeypatch):
    monkeypatch.setattr(machine, "pinned_cpus", lambda: (0,))
    monkeypatch.setattr("os.getloadavg", lambda: (0.0, 0.0, 0.0))
    for share, crowded in ((None, False), (0.05, False), (0.5, True)):
        monkeypatch.setattr(machine._NEIGHBOURS, "share", lambda share=share: share)
        assert machine.is_crowded() is crowded


def test_only_its_own_cpus_are_looked_at(monkeypatch):
    whole = neighbours.cpu_use().passed_s
    monkeypatch.setattr(neighbours, "pinned_cpus", lambda: (0,))
    assert neighbours.cpu_use().passed_s == pytest.approx(whole / os.cpu_count(), rel=0.2)
