"""A side that takes too much memory, too many processes or too much disk is stopped, and told why."""

import numpy as np
import pytest

from grader.side.observation import Observation
from grader.side_spec import ClusterNeeds, Limits
from grader.warden.guard import Guard, disk_use
from tests.support.sides import EchoWorld, side_with

PROGRAM = """
import os, subprocess, sys, threading, time
import ray

def fine():
    return ray.get(ray.remote(lambda: 5).remote())

def driver_eats():
    kept = []
    while True:
        kept.append(bytearray(os.urandom(1_000_000)) * 20)
        time.sleep(0.01)

@ray.remote(max_retries=0)
def eats():
    driver_eats()

def worker_eats():
    ray.get(eats.remote())

def forks():
    while True:
        try:
            if os.fork() == 0:
                time.sleep(600)
        except OSError:
            time.sleep(0.1)

def spawns():
    started = []
    while True:
        started.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]))

def threads():
    while True:
        try:
            threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
        except RuntimeError:
            time.sleep(0.1)

def writes():
    for i in range(20):
        with open(f"{i}.bin", "wb") as file:
            file.write(os.urandom(20_000_000))
    time.sleep(600)

def litters():
    for i in range(21_000):
        open(f"{i}.txt", "w").close()
    time.sleep(600)

def one_big_file():
    with open("big.bin", "wb") as file:
        file.truncate(1_000_000_000)  # refused by the kernel, and takes no disk: nothing for the guard to see
"""
# Whoever breaks a limit leaves a cluster that has to be replaced; one with a single worker is up soonest.
NEEDS = ClusterNeeds(num_cpus=1, object_store_mb=100, resources={})
LIMITS = Limits(memory_bytes=900_000_000, processes=60, threads=2_000, disk_bytes=300_000_000)
WORDS = {
    "driver_eats": "of memory together (the limit is 900 MB",
    "worker_eats": "of memory together (the limit is 900 MB",
    "forks": "processes (the limit is 60",
    "spawns": "processes (the limit is 60",
    "threads": "threads (the limit is 2000",
    "writes": "files and folders (the limit is 300 MB",
    "litters": "files and folders (the limit is 300 MB",
    "one_big_file": "OSError: [Errno 27] File too large",
}


@pytest.fixture(scope="module")
def side(tmp_path_factory):
    with side_with(PROGRAM, tmp_path_factory.mktemp("guard"), needs=NEEDS, limits=LIMITS) as started:
        yield started


@pytest.mark.few(3)
@pytest.mark.parametrize("name", WORDS)
def test_who_takes_too_much_is_stopped_and_told_so(side, name):
    side.set_world(EchoWorld(np.random.default_rng(0)))
    with pytest.raises(Observation) as seen:
        side.call("solution", name, (), {}, 60.0)
    assert WORDS[name] in seen.value.message
    assert side.call("solution", "fine", (), {}, 30.0) == 5


def test_disk_use_counts_what_files_occupy(tmp_path):
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "a.bin").write_bytes(b"x" * 100_000)
    with (tmp_path / "sparse.bin").open("wb") as file:
        file.truncate(10**12)
    used, entries = disk_use(tmp_path)
    assert 100_000 <= used < 1_000_000
    assert entries == 3


class Called:
    """A process of which only the name is known."""

    def __init__(self, name):
        self._name = name

    def name(self):
        return self._name


def test_a_child_that_still_has_the_raylets_name_is_no_node_of_its_own(tmp_path):
    given = Called("raylet")
    guard = Guard(Limits(), 100_000_000, tmp_path, list, [given])
    child, other = Called("raylet"), Called("gcs_server")
    assert guard.added_to_ray([given, child]) == set()
    assert guard.added_to_ray([given, Called("ray::IDLE")]) == set()  # it runs its own program now
    assert guard.added_to_ray([given, child]) == set()
    assert guard.added_to_ray([given, child, other]) == {"raylet"}
    assert guard.added_to_ray([given, other]) == {"gcs_server"}
