"""A side stands still as a whole, or it is known that it does not."""

import os
import signal
import subprocess
import sys
import threading

import psutil
import pytest

from grader.system import freezer_group
from grader.system.freezer_group import FreezerGroup, stop_all
from grader.system.processes import end_all, is_running

GUARD_S = 30.0
WAITS = "import sys; print('ready', flush=True); sys.stdin.read()"
# Each process lives for a millisecond: between two looks there are several of them.
CHAIN = """
import os, sys, time
print("ready", flush=True)
while True:
    time.sleep(0.001)
    if os.fork():
        os._exit(0)
"""
WAKERS = """
import os, signal, sys
first = os.getpid()
second = os.fork()
other = second or first
if second:
    print("ready", flush=True)
while True:
    os.kill(other, signal.SIGCONT)
"""


@pytest.fixture
def started():
    """Starts a program in a session of its own; ends them."""
    processes, groups = [], set()

    def start(program, group=None):
        gate = "import sys; sys.stdin.readline()\n" if group else ""
        process = subprocess.Popen(
            [sys.executable, "-c", gate + program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        processes.append(process)
        if group:
            groups.add(group)
            group.add(process.pid)
            process.stdin.write(b"go\n")
            process.stdin.flush()
        assert process.stdout.readline() == b"ready\n"
        return process

    yield start
    if group := next(iter(groups), None):
        group.kill_all()
    for process in processes:
        end_all(lambda process=process: in_session(process.pid), adopted=False)
        process.stdin.close()
        process.wait()


def in_session(leader):
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == leader and is_running(process):
                found.append(process)
        except (OSError, psutil.Error):
            continue
    return found


@pytest.fixture
def group():
    made = FreezerGroup.make(f"kata-test-{os.getpid()}")
    if made is None:
        pytest.skip("no control group can be made here")
    yield made
    made.kill_all()
    made.remove()
    assert not made.folder.exists()


def test_a_chain_of_forks_stands_while_its_group_is_frozen(group, started):
    started(CHAIN, group)
    assert group.freeze()
    standing = group.pids()
    assert standing
    threading.Event().wait(0.1)  # a hundred forks
    later = group.pids()
    group.thaw()
    assert later == standing
    deadline = threading.Event()
    for _ in range(1000):
        if group.pids() and not group.pids() & standing:
            break
        deadline.wait(0.01)
    assert not group.pids() & standing


def test_a_group_is_killed_at_once(group, started):
    started(CHAIN, group)
    group.kill_all()
    for _ in range(1000):
        if not group.pids():
            break
        threading.Event().wait(0.01)
    assert not group.pids()


def test_the_second_version_is_spoken_as_the_kernel_documents_it(tmp_path):
    for name, text in {
        "cgroup.freeze": "0",
        "cgroup.procs": "",
        "cgroup.events": "populated 1\nfrozen 1",
    }.items():
        (tmp_path / name).write_text(text)
    group = FreezerGroup(tmp_path)
    assert group.freeze()
    assert (tmp_path / "cgroup.freeze").read_text() == "1"
    group.thaw()
    assert (tmp_path / "cgroup.freeze").read_text() == "0"


def test_signals_stop_processes_that_stay_where_they_are(started):
    process = started(WAITS)
    assert stop_all(lambda: in_session(process.pid))
    assert psutil.Process(process.pid).status() == psutil.STATUS_STOPPED
    process.send_signal(signal.SIGCONT)


def test_what_never_stands_is_not_taken_for_standing(started, monkeypatch):
    monkeypatch.setattr(freezer_group, "STOPPED_WITHIN_S", 0.2)
    process = started(WAITS)

    def find():
        process.send_signal(signal.SIGCONT)  # as another process would that is not found
        return [psutil.Process(process.pid)]

    assert not stop_all(find)


def test_a_pair_that_wakes_each_other_stands_while_its_group_is_frozen(group, started):
    started(WAKERS, group)
    assert group.freeze()
    assert len(group.pids()) == 2
    used = cpu_seconds(group)
    threading.Event().wait(0.2)
    later = cpu_seconds(group)
    group.thaw()
    assert later == used


def cpu_seconds(group):
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in group.pids())
