"""Moving a process to another CPU or priority is noticed."""

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


def test_a_process_as_it_was_started_is_fine(process):
    assert rescheduled([process.pid], Schedule()) == ""


def test_a_process_that_has_ended_is_fine(process):
    process.kill()
    process.wait()
    assert rescheduled([process.pid], Schedule()) == ""


def test_a_nicer_thread_is_noticed(process):
    os.setpriority(os.PRIO_PROCESS, process.thread, 19)
    assert "priority" in rescheduled([process.pid], Schedule())


def test_it_is_no_excuse_that_this_process_has_been_moved_as_well(process):
    at_first = Schedule(nice=os.getpriority(os.PRIO_PROCESS, 0) - 1)
    assert "priority" in rescheduled([process.pid], at_first)


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one CPU only")
def test_a_thread_with_fewer_cpus_is_noticed(process):
    os.sched_setaffinity(process.thread, [min(os.sched_getaffinity(0))])
    assert "CPUs" in rescheduled([process.pid], Schedule())
