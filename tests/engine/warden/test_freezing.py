"""While the other side is timed, nothing of this one moves; afterwards it works as before."""

import sys

import psutil
import pytest

from grader.errors import ClusterLostError
from tests.support.sides import lend

PROGRAM = """
import os, signal, time
import ray

def work(x):
    return ray.get(ray.remote(lambda: 2 * x).remote())

def leave_a_chain():
    if os.fork() == 0:
        for _ in range(5000):
            time.sleep(0.001)
            if os.fork():
                os._exit(0)
        os._exit(0)

def leave_a_pair():
    first = os.fork() or os.getpid()
    if first != os.getpid():
        return
    other = os.fork() or first
    until = time.monotonic() + 20
    while time.monotonic() < until:
        os.kill(other, signal.SIGCONT)
    os._exit(0)
"""


@pytest.fixture
def side(shared_side, tmp_path_factory):
    yield lend(shared_side, PROGRAM, tmp_path_factory.mktemp("freezing"))
    shared_side.recover()


def processes(side):
    """CPU seconds of each process of the side; those that have just ended are left out."""
    found = {}
    for pid in side.warden.ask("solution_pids"):
        try:
            process = psutil.Process(pid)
            if process.status() != psutil.STATUS_ZOMBIE:
                found[pid] = sum(process.cpu_times()[:2])
        except psutil.Error:
            continue
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux has the means")
@pytest.mark.parametrize("leave", ["leave_a_chain", "leave_a_pair"])
def test_what_a_solution_left_running_stands_and_goes_on(side, leave):
    side.call("solution", leave, (), {}, 10.0)
    assert side.warden.ask("freeze") is True
    try:
        before = processes(side)
        assert side.driver_pid in before
        with pytest.raises(ClusterLostError, match="was stopped"):
            side.look("actors")  # asks nothing that would wait for what stands
        assert processes(side) == before
    finally:
        side.warden.ask("thaw")
    assert side.call("solution", "work", (4,), {}, 10.0) == 8
