"""A side can neither look into the judge nor get more rights than it was started with."""

import os
import sys

import numpy as np
import pytest

from grader.system.privileges import FORBIDDEN
from tests.support.sides import EchoWorld, lend

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
