"""Who counts as a worker: what the kernel says is the raylet's child, whatever it calls itself."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from grader.warden.workers import Workers, children_of

GUARD_S = 20.0
RAYLET = """
import os, subprocess, sys
for line in sys.stdin:
    child = subprocess.Popen([sys.executable, *line.split()], stdin=subprocess.DEVNULL)
    print(child.pid, flush=True)
"""
IDLE = "import os, sys, time\n{}time.sleep(600)\n"


@pytest.fixture
def raylet(tmp_path):
    """A process that starts a Python file for each line, and says its pid."""
    (tmp_path / "default_worker.py").write_text(IDLE.format(""), encoding="utf-8")
    (tmp_path / "other.py").write_text(IDLE.format(""), encoding="utf-8")
    forks = "child = os.fork()\nopen(sys.argv[1], 'w').write(str(child or os.getpid()))\n"
    (tmp_path / "forks.py").write_text(IDLE.format(forks), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-c", RAYLET],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    yield process
    for child in psutil.Process(process.pid).children(recursive=True):
        child.kill()
    process.kill()
    process.communicate()


def child(raylet, what):
    """Have the raylet start a file; its pid once it shows its own command line."""
    raylet.stdin.write(f"{what}\n")
    raylet.stdin.flush()
    pid = int(raylet.stdout.readline())
    becomes(lambda: any(what.split()[0] in word for word in psutil.Process(pid).cmdline()))
    return pid


def becomes(condition):
    guard = time.monotonic() + GUARD_S
    while not condition():
        assert time.monotonic() < guard, "it did not come about"
        time.sleep(0.005)


def watched(raylet, agents=()):
    return Workers([psutil.Process(raylet.pid)], [psutil.Process(pid) for pid in agents])


def test_children_that_run_rays_script_are_workers(raylet):
    worker, other = child(raylet, "default_worker.py"), child(raylet, "other.py")
    assert children_of(raylet.pid) == {worker, other}
    assert watched(raylet).pids(registered=()) == [worker]


def test_a_child_whose_script_was_never_seen_needs_to_be_registered_too(raylet):
    other = child(raylet, "other.py")
    assert watched(raylet).pids(registered={other}) == [other]


def test_agents_are_no_workers(raylet):
    agent = child(raylet, "default_worker.py")
    assert watched(raylet, agents=[agent]).pids(registered={agent}) == []


def test_neither_a_name_nor_a_row_in_the_table_makes_a_worker(raylet, tmp_path):
    """What a worker forks, and this process itself, are no children of the raylet."""
    said = tmp_path / "child"
    worker = child(raylet, f"forks.py {said}")
    becomes(lambda: said.exists() and said.read_text())
    (forked,) = children_of(worker)
    found = watched(raylet).pids(registered={worker, forked, os.getpid()})
    assert found == [worker]


def test_a_worker_is_remembered_after_its_death(raylet):
    workers = watched(raylet)
    workers.start()
    worker = child(raylet, "default_worker.py")
    becomes(lambda: workers._started.get(worker))
    os.kill(worker, signal.SIGKILL)
    becomes(lambda: psutil.Process(worker).status() == psutil.STATUS_ZOMBIE)
    workers.stop()
    assert workers.pids(registered=()) == [worker]


def test_a_raylet_that_is_gone_has_no_children():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert children_of(process.pid) == set()
