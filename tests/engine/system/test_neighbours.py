"""Whose CPU time it is: real processes, of this test's own and of another's."""

import subprocess
import sys
import time

import psutil
import pytest

from grader.system.neighbours import CpuUse, Neighbours, cpu_use, share_of_others

BURN = "import time\nwhile time.process_time() < {seconds}: pass\n"
FORGETS_ITS_CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', {program!r}])"
USED_S = 0.5


def used_by(*command):
    """Our own share of what was used while a command ran to its end, in seconds."""
    before = cpu_use()
    subprocess.run(command, check=True)
    return cpu_use().own_s - before.own_s


@pytest.mark.parametrize("program", [BURN, FORGETS_ITS_CHILD], ids=["child", "grandchild"])
def test_what_descendants_used_is_our_own_also_after_they_have_ended(program):
    burn = BURN.format(seconds=USED_S)
    code = burn if program is BURN else program.format(program=burn)
    assert used_by(sys.executable, "-c", code) >= USED_S * 0.9


def test_what_a_descendant_uses_is_our_own_while_it_runs():
    before = cpu_use().own_s
    with subprocess.Popen([sys.executable, "-c", BURN.format(seconds=600)]) as burning:
        process = psutil.Process(burning.pid)
        while process.cpu_times().user < USED_S:
            time.sleep(0.01)
        used = cpu_use().own_s - before
        burning.kill()
    assert used >= USED_S * 0.9


def test_no_more_is_our_own_than_was_used():
    used = cpu_use()
    assert 0 < used.own_s <= used.busy_s <= used.passed_s


@pytest.mark.parametrize(
    ("before", "after", "share"),
    [
        (CpuUse(0, 0, 0), CpuUse(20, 15, 5), 0.5),
        (CpuUse(100, 50, 50), CpuUse(120, 70, 70), 0.0),  # all of it ours
        (CpuUse(100, 50, 50), CpuUse(120, 60, 61), 0.0),  # clocks that differ a little
        (CpuUse(100, 50, 50), CpuUse(100, 50, 50), 0.0),  # no time has passed
    ],
)
def test_share_of_others(before, after, share):
    assert share_of_others(before, after) == pytest.approx(share)


def test_neighbours_answer_once_there_are_two_samples(monkeypatch):
    monkeypatch.setattr("grader.system.neighbours.SAMPLE_INTERVAL_S", 0.05)
    neighbours = Neighbours()
    assert neighbours.share() is None
    deadline = time.monotonic() + 60
    while (share := neighbours.share()) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert 0.0 <= share <= 1.0
