"""A gate opens when what it waits for can never come, and not a moment before that is certain."""

import numpy as np
import pytest

from grader.side import standstill_watch
from grader.world.outside import Call, OutsideWorld
from tests.support.sides import side_with

LONG_S = 120.0  # nobody waits for so long here: either the condition is met, or the gate opens


class Gated(OutsideWorld):
    """Each fetch waits until `wanted` of them are in flight."""

    wanted = 2

    def __init__(self):
        super().__init__(np.random.default_rng(0))
        self.met = []

    async def echo(self, call: Call, x: int) -> int:
        is_met = await self.until(lambda: self.ledger.peak("echo") >= self.wanted, within_s=LONG_S)
        self.met.append(is_met)
        return x


PROGRAM = """
import ray
import service

@ray.remote
def fetch(i):
    return service.echo(i)

@ray.remote
def late(i):
    total = 0
    for k in range(30_000_000):  # computes for some seconds before it asks
        total += k
    return service.echo(i)

def one_after_the_other():
    return [ray.get(fetch.remote(i)) for i in range(2)]

def one_has_to_start():
    # its lease holds all CPUs that were left, and nothing runs on it before its process is up
    own = fetch.options(num_cpus=3, runtime_env={"env_vars": {"OWN": "1"}})
    return ray.get([fetch.remote(0), own.remote(1)])

def one_is_late():
    return ray.get([fetch.remote(0), late.remote(1)])
"""


@pytest.fixture(scope="module")
def side(tmp_path_factory):
    with side_with(PROGRAM, tmp_path_factory.mktemp("standstill")) as started:
        yield started


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setattr(standstill_watch, "is_crowded", lambda: False)


def test_a_gate_that_cannot_be_met_opens_by_itself(side):
    side.set_world(world := Gated())
    assert side.call("solution", "one_after_the_other", (), {}, LONG_S / 2) == [0, 1]
    assert world.met == [False, False]
    assert world.ledger.peak("echo") == 1


@pytest.mark.parametrize("name", ["one_is_late", "one_has_to_start"])
def test_a_gate_waits_for_work_that_is_only_late(side, name):
    side.set_world(world := Gated())
    assert side.call("solution", name, (), {}, LONG_S / 2) == [0, 1]
    assert world.met == [True, True]


def test_a_crowded_machine_keeps_its_patience(side, monkeypatch):
    monkeypatch.setattr(standstill_watch, "is_crowded", lambda: True)
    side.set_world(world := Gated())
    watch = standstill_watch.StandstillWatch(side, world)
    looked = []
    monkeypatch.setattr(watch, "_seen", lambda: looked.append(1))
    watch._look((0,))
    assert looked == []
    assert not watch.is_certain()
