"""Moving a process to another CPU or priority is noticed."""

import dataclasses
import os
import subprocess
import sys

import pytest

from grader.system.scheduling import Schedule, rescheduled

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux tells")
TWO_THREADS = """
import threading, time
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
print(threading.enumerate()[-1].native_id, flush=True)
time.sleep(60)
"""


@pytest.fixture
def process():
    found = subprocess.Popen([sys.executable, "-c", TWO_THREADS], stdout=subprocess.PIPE, text=True)
    found.thread = int(found.stdout.readline())
    yield found
    found.kill()
    found.wait()


@pytest.fixture
def start():
    return Schedule.of(0, "self")


def test_a_process_as_it_was_started_is_fine(process, start):
    assert rescheduled([process.pid], start) == ""


def test_a_process_that_has_ended_is_fine(process, start):
    process.kill()
    process.wait()
    assert rescheduled([process.pid], start) == ""


def test_a_nicer_thread_is_noticed(process, start):
    os.setpriority(os.PRIO_PROCESS, process.thread, 19)
    assert "priority" in rescheduled([process.pid], start)


def test_it_is_no_excuse_that_this_process_has_been_moved_as_well(process, start):
    at_first = dataclasses.replace(start, nice=start.nice - 1)
    assert "priority" in rescheduled([process.pid], at_first)


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one CPU only")
def test_a_thread_with_fewer_cpus_is_noticed(process, start):
    os.sched_setaffinity(process.thread, [min(os.sched_getaffinity(0))])
    assert "CPUs" in rescheduled([process.pid], start)


def test_a_thread_that_runs_only_when_nobody_else_does_is_noticed(process, start):
    os.sched_setscheduler(process.thread, os.SCHED_IDLE, os.sched_param(0))
    assert "priority" in rescheduled([process.pid], start)


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one CPU only")
def test_who_compares_may_have_been_moved_as_well(process, start):
    all_cpus = os.sched_getaffinity(0)
    try:
        for thread in (0, process.pid, process.thread):
            os.sched_setaffinity(thread, [min(all_cpus)])
        assert "CPUs" in rescheduled([process.pid], start)
        os.sched_setaffinity(process.pid, all_cpus)
        os.sched_setaffinity(process.thread, all_cpus)
        assert "CPUs" in rescheduled([os.getpid()], start)
    finally:
        os.sched_setaffinity(0, all_cpus)
