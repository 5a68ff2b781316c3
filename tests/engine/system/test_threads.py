"""A process lives, moves and holds memory as long as one of its threads does."""

import subprocess
import sys
import time

import psutil
import pytest

from grader.system.processes import anonymous_bytes, is_moving, is_running, proportional_bytes
from grader.system.shared_files import shared_files
from grader.system.threads import any_lives, used_s

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux tells")
GUARD_S = 20.0
HELD_BYTES = 40_000_000
USED_S = 0.1
WITHOUT_ITS_FIRST = f"""
import ctypes, os, sys, threading, time
def live():
    held = b"x" * {HELD_BYTES}
    os.write(os.memfd_create("hidden"), held)
    while time.thread_time() < {USED_S}:
        pass
    print("ready", flush=True)
    sys.stdin.read()
threading.Thread(target=live).start()
ctypes.CDLL(None).syscall({{"x86_64": 60}}.get(os.uname().machine, 93), 0)
"""


@pytest.fixture
def process():
    """One whose first thread has ended."""
    started = subprocess.Popen(
        [sys.executable, "-c", WITHOUT_ITS_FIRST], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert started.stdout.readline() == "ready\n"
    found = psutil.Process(started.pid)
    assert becomes(lambda: found.status() == psutil.STATUS_ZOMBIE)
    yield found
    started.kill()
    started.communicate(timeout=GUARD_S)


def becomes(condition):
    give_up_s = time.monotonic() + GUARD_S
    while not (holds := condition()) and time.monotonic() < give_up_s:
        time.sleep(0.001)
    return holds


def test_it_runs_and_moves_until_it_is_stopped_and_ended(process):
    assert is_running(process)
    assert is_moving(process)
    process.suspend()
    assert becomes(lambda: not is_moving(process))
    assert is_running(process)
    process.kill()
    assert becomes(lambda: not is_running(process))
    assert not any_lives(process.pid)


def test_what_it_holds_and_uses_is_seen(process):
    assert used_s(process.pid) >= USED_S / 2
    assert anonymous_bytes(process.pid) > HELD_BYTES
    assert proportional_bytes(process.pid)[0] > HELD_BYTES
    assert max(shared_files([process.pid]).values()) >= HELD_BYTES
