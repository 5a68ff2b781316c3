"""A side's memory is watched, and holding too much of it ends a process, on a real cluster."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from grader.judge.learner import Learner
from grader.judge.memory import BEFORE_BYTES, Level
from grader.side.observation import HeldTooMuch
from grader.system.processes import anonymous_bytes
from tests.support.sides import EchoWorld, lend

PROGRAM = """
import os
import subprocess
import sys
import time
import numpy as np
import ray

@ray.remote
class Holder:
    def __init__(self):
        self.kept = []
    def hold(self, megabytes):
        self.kept.append(np.ones(megabytes * 1_000_000, np.uint8))
        time.sleep(0.3)
        return os.getpid()
    def look(self, array):
        self.kept.append(array)
        time.sleep(0.3)
        return int(array[::4096].sum())

def in_an_actor(megabytes):
    return ray.get(Holder.remote().hold.remote(megabytes))

def in_the_driver(megabytes):
    kept = np.ones(megabytes * 1_000_000, np.uint8)
    time.sleep(0.3)
    return len(kept)

def in_the_store(megabytes):
    ref = ray.put(np.ones(megabytes * 1_000_000, np.uint8))
    return ray.get(Holder.remote().look.remote(ref))

def in_a_child(megabytes):
    program = f"import time; x = b'x' * {megabytes} * 1_000_000; time.sleep(0.6)"
    return subprocess.run([sys.executable, "-c", program], check=True).returncode

kept = []

def keep_in_the_heap(megabytes):
    kept.append(np.ones(megabytes * 1_000_000, np.uint8))

def keep_in_the_store(megabytes):
    kept.append(ray.put(np.ones(megabytes * 1_000_000, np.uint8)))

def keep_in_a_file_of_memory(megabytes, named):
    file = open("/dev/shm/kata-test", "wb", 0) if named else os.fdopen(os.memfd_create("kept"), "wb", 0)
    file.write(b"x" * megabytes * 1_000_000)
    if named:
        file.close()
    else:
        kept.append(file)
    time.sleep(0.5)

def keep_in_the_gcs(megabytes):
    from ray.experimental.internal_kv import _internal_kv_put
    for number in range(megabytes // 10):
        _internal_kv_put(f"kept-{number}", b"x" * 10_000_000)
    time.sleep(0.5)

def give_back(megabytes):
    kept.clear()
    kept.append(bytearray(b"x") * megabytes * 1_000_000)
    time.sleep(0.3)

def give_back_in_the_store(megabytes):
    kept.clear()
    kept.append(ray.put(np.ones(megabytes * 1_000_000, np.uint8)))
    time.sleep(0.3)

def quietly():
    return ray.get(Holder.remote().hold.remote(0))

def swallowing(megabytes):
    try:
        ray.get(Holder.remote().hold.remote(megabytes))
    except ray.exceptions.RayActorError:
        return "as if nothing had been"
"""
MB = 1_000_000


@pytest.fixture(scope="module")
def side(shared_side, tmp_path_factory):
    return lend(shared_side, PROGRAM, tmp_path_factory.mktemp("memory"))


@pytest.fixture
def learner(side):
    world = EchoWorld(np.random.default_rng(0))
    side.set_world(world)
    side.ready()
    return Learner(side, world)


def test_an_actors_heap_is_seen_at_its_pid(learner):
    with learner.memory() as held:
        pid = learner.call("in_an_actor", 80, returns=int)
    assert 75 * MB < held.grown_bytes[pid] < 110 * MB
    assert held.peak_bytes >= held.grown_bytes[pid]
    assert held.driver_bytes < 30 * MB
    assert held.peak_store_bytes < 5 * MB


def test_the_drivers_heap_is_seen(learner):
    with learner.memory() as held:
        learner.call("in_the_driver", 80)
    assert 75 * MB < held.driver_bytes < 110 * MB


def test_a_childs_heap_counts_too(learner):
    with learner.memory() as held:
        learner.call("in_a_child", 150)
    assert held.peak_bytes > 75 * MB


def test_the_store_is_not_heap(learner):
    with learner.memory() as held:
        learner.call("in_the_store", 60)
    assert 55 * MB < held.peak_store_bytes < 70 * MB
    workers = {pid: n for pid, n in held.grown_bytes.items() if pid != learner.driver_pid}
    assert max(workers.values(), default=0) < 30 * MB


def test_little_is_seen_where_little_is_held(learner):
    with learner.memory(limit_bytes=60 * MB) as held:
        learner.call("quietly")
    assert held.peak_bytes < 60 * MB


@pytest.mark.parametrize("name", ["in_an_actor", "in_the_driver", "swallowing"])
def test_who_holds_more_than_the_limit_is_killed_and_told_so(learner, name):
    with (
        pytest.raises(HeldTooMuch, match=r"it held (6[1-9]|[7-9]\d|\d{3,}) MB \(the limit is 60 MB\)"),
        learner.memory(60 * MB),
    ):
        learner.call(name, 200)
    assert learner.call("in_the_driver", 1, returns=int) == MB


def test_a_process_is_killed_from_outside_only_if_it_is_the_solutions(learner):
    learner.call("quietly")
    with pytest.raises(ValueError, match="not a living process of the solution"):
        learner.kill(os.getpid())
    with pytest.raises(ValueError, match="not a living process of the solution"):
        learner.kill(learner.side.warden.pid)
    before = learner.driver_pid
    learner.kill(before)
    learner.side.recover()
    learner.side.ready()
    assert learner.driver_pid != before


def test_growth_counts_from_the_start_if_little_was_held_there():
    level = Level(idle={1: 80, 2: 57}, before={1: 95, 2: 50}, newborn_bytes=60)
    now = {1: 100, 2: 58, 3: 61}
    assert level.grown(now) == {1: 5, 2: 8, 3: 1}
    assert level.together(now) == 5 + 8 + 1


def test_ballast_that_is_given_back_makes_no_room():
    idle, ballast = 80 * MB, 800 * MB
    level = Level(idle={1: idle}, before={1: idle + ballast}, newborn_bytes=idle)
    assert level.together({1: idle + ballast}) == ballast - BEFORE_BYTES
    assert level.grown({1: idle + ballast}) == {1: ballast - BEFORE_BYTES}
    assert level.together({1: idle}) == 0
    spread = Level(
        idle=dict.fromkeys(range(10), idle), before=dict.fromkeys(range(10), 2 * idle), newborn_bytes=0
    )
    assert spread.together(dict.fromkeys(range(10), 2 * idle)) == 10 * idle - BEFORE_BYTES


def test_what_is_held_in_no_heap_counts_for_all_together():
    level = Level(idle={1: 80}, before={1: 80}, newborn_bytes=57)
    assert level.together({1: 80}, elsewhere_bytes=70, elsewhere_before=30) == 40
    assert level.together({1: 80}, elsewhere_bytes=0, elsewhere_before=30) == 0


@pytest.fixture
def renewed(learner):
    """A learner whose driver keeps nothing of this test."""
    yield learner
    learner.side.recover()


def test_ballast_in_the_heap_buys_nothing(renewed):
    renewed.call("keep_in_the_heap", 300)
    with renewed.memory() as held:
        renewed.call("give_back", 250)
    assert held.driver_bytes > 150 * MB
    assert held.peak_bytes > 150 * MB


def test_ballast_in_the_store_buys_nothing(renewed):
    renewed.call("keep_in_the_store", 85)
    again = Learner(renewed.side, renewed.world)
    with again.memory() as held:
        again.call("give_back_in_the_store", 85)
    assert held.peak_store_bytes > 15 * MB
    assert any("in the object store" in line for line in again.leftovers(within_s=0.5))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux tells")
@pytest.mark.parametrize("named", [True, False])
def test_files_of_memory_are_seen(renewed, named):
    try:
        with renewed.memory() as held:
            renewed.call("keep_in_a_file_of_memory", 120, named)
    finally:
        Path("/dev/shm/kata-test").unlink(missing_ok=True)
    assert 115 * MB < held.peak_bytes < 280 * MB


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux tells")
def test_what_the_gcs_keeps_is_seen(renewed):
    with renewed.memory() as held:
        renewed.call("keep_in_the_gcs", 200)
    renewed.side.replace()  # what a key-value store holds, it keeps
    assert held.peak_bytes > 100 * MB


def test_a_process_that_is_gone_holds_nothing(learner):
    assert anonymous_bytes(os.getpid()) > MB
    assert anonymous_bytes(2**22 + 1) == 0
