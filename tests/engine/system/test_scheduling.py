"""Moving a process to another CPU or priority is noticed."""

import os
import subprocess
import sys

import pytest

from grader.system.scheduling import rescheduled

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
    assert rescheduled([process.pid]) == ""


def test_a_process_that_has_ended_is_fine(process):
    process.kill()
    process.wait()
    assert rescheduled([process.pid]) == ""


def test_a_nicer_thread_is_noticed(process):
    os.setpriority(os.PRIO_PROCESS, process.thread, 19)
    assert "priority" in rescheduled([process.pid])


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one CPU only")
def test_a_thread_with_fewer_cpus_is_noticed(process):
    os.sched_setaffinity(process.thread, [min(os.sched_getaffinity(0))])
    assert "CPUs" in rescheduled([process.pid])
