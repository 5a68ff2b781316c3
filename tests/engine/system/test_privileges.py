"""A side can neither look into the judge nor get more rights than it was started with."""

import os
import sys

import numpy as np
import pytest

from grader.system.privileges import FORBIDDEN
from tests.support.sides import EchoWorld, lend, side_with

PROGRAM = """
import os, resource, signal, time
import ray

def tried(action):
    try:
        action()
    except OSError as error:
        return type(error).__name__
    return "done"

def attempts(judge, warden):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    return {
        "judge's memory": tried(lambda: os.open(f"/proc/{judge}/mem", os.O_RDWR)),
        "judge's environment": tried(lambda: open(f"/proc/{judge}/environ").read()),
        "warden's memory": tried(lambda: os.open(f"/proc/{warden}/mem", os.O_RDWR)),
        "warden's environment": tried(lambda: open(f"/proc/{warden}/environ").read()),
        "file size": "done" if raised(hard) else "refused",
        "clock": tried(lambda: time.clock_settime(time.CLOCK_REALTIME, time.time())),
        "nice": tried(lambda: os.setpriority(os.PRIO_PROCESS, 0, -5)),
    }

def raised(hard):
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, 2 * hard))
    except (OSError, ValueError):
        return False
    return True

def of_a_worker(judge, warden):
    return ray.get(ray.remote(attempts).remote(judge, warden))

def status():
    return open("/proc/self/status").read()
"""


@pytest.fixture(scope="module")
def side(shared_side, tmp_path_factory):
    lend(shared_side, PROGRAM, tmp_path_factory.mktemp("privileges"))
    shared_side.set_world(EchoWorld(np.random.default_rng(0)))
    return shared_side


def call(side, name, *args):
    return side.call("solution", name, args, {}, 20.0)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux has the means")
@pytest.mark.parametrize("where", ["attempts", "of_a_worker"])
def test_what_the_kernel_refuses_to_driver_and_workers(side, where):
    seen = call(side, where, os.getpid(), side.warden.pid)
    done = {what for what, how in seen.items() if how == "done"}
    allowed = set() if os.geteuid() == 0 else {"judge's memory", "judge's environment"}  # this pytest's own
    assert done <= allowed


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux has the means")
def test_no_capability_that_is_forbidden_is_left_and_none_is_to_be_had(side):
    status = dict(line.split(":\t", 1) for line in call(side, "status").splitlines())
    for kind in ("CapPrm", "CapEff", "CapBnd"):
        held = {name for name, n in FORBIDDEN.items() if int(status[kind], 16) >> n & 1}
        assert kind == "CapBnd" or not held
        assert not (held and os.geteuid() == 0)
    assert status["NoNewPrivs"].strip() == "1"


KEEPER = """
import os
import ray

def pids():
    work = ray.remote(lambda: (os.getpid(), forked()))
    return [os.getpid(), forked(), *ray.get(work.remote())]

def forked():
    keeper = os.fork()
    if keeper == 0:
        import time
        time.sleep(60)
        os._exit(0)
    return keeper
"""

LOOKS = """
import ctypes
import os

PTRACE_ATTACH, PTRACE_DETACH = 16, 17

class Piece(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]

def tried(action):
    try:
        action()
    except OSError as error:
        return type(error).__name__
    return "done"

def read_from_afar(pid):
    libc = ctypes.CDLL(None, use_errno=True)
    held = ctypes.create_string_buffer(8)
    here, there = Piece(ctypes.addressof(held), 8), Piece(ctypes.addressof(held), 8)
    if libc.process_vm_readv(pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0) < 0:
        if ctypes.get_errno() != 14:  # EFAULT: it may look, but nothing is there
            raise PermissionError

def attach(pid):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(PTRACE_ATTACH, pid, None, None) < 0:
        raise PermissionError
    os.waitpid(pid, 0)
    libc.ptrace(PTRACE_DETACH, pid, None, None)

def looked(pids):
    return {
        f"{pid} {name}": tried(lambda: look(pid))
        for pid in pids
        for name, look in {
            "memory": lambda pid: os.open(f"/proc/{pid}/mem", os.O_RDONLY),
            "environment": lambda pid: open(f"/proc/{pid}/environ").read(),
            "files": lambda pid: os.listdir(f"/proc/{pid}/fd") and os.readlink(f"/proc/{pid}/fd/0"),
            "from afar": read_from_afar,
            "attached": attach,
        }.items()
    }

def control():
    child = os.fork()
    if child == 0:
        import time
        time.sleep(60)
        os._exit(0)
    try:
        return looked([child])
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux has the means")
def test_no_process_of_another_side_looks_into_the_references(shared_side, tmp_path, tmp_path_factory):
    """Its driver, its workers and what they fork keep to themselves what may be read of any other process."""
    with side_with(KEEPER, tmp_path, private=True) as reference:
        pids = reference.call("solution", "pids", (), {}, 20.0)
        lend(shared_side, LOOKS, tmp_path_factory.mktemp("looks"))
        seen = call(shared_side, "looked", pids)
        assert len(seen) == 5 * len(pids)
        assert set(seen.values()) == {"PermissionError"}
        assert set(call(shared_side, "control").values()) == {"done"}
        stacks = reference.rig.stacks_of(pids)
        assert {pids[0], pids[2]} <= {pid for pid, text in stacks.items() if "File" in text}
