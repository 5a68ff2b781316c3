"""Nobody waits for what can never come, and nobody is given up on a moment before that is certain."""

import asyncio

import numpy as np
import pytest

from grader.side import standstill_watch
from grader.side.observation import SolutionTimeout
from grader.world.outside import Call, OutsideWorld
from tests.support.sides import lend, use

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

    async def slow(self, call: Call, x: int) -> int:
        await asyncio.sleep(2.5)
        return x

    async def never(self, call: Call, x: int) -> None:
        await call.never()


PROGRAM = """
import os
import queue
import time
from concurrent.futures import ThreadPoolExecutor

import ray
import service

@ray.remote
def fetch(i):
    return service.echo(i)

@ray.remote
def late(i):
    compute()
    return service.echo(i)

def one_after_the_other():
    return [ray.get(fetch.remote(i)) for i in range(2)]

def one_has_to_start():
    # its lease holds all CPUs that were left, and nothing runs on it before its process is up
    own = fetch.options(num_cpus=3, runtime_env={"env_vars": {"OWN": "1"}})
    return ray.get([fetch.remote(0), own.remote(1)])

def one_is_late():
    return ray.get([fetch.remote(0), late.remote(1)])

# -- calls that never return --

@ray.remote
def ask_never(i):
    return service.never(i)

def no_answer():
    return ray.get(ask_never.remote(1))

def no_such_node():
    return ray.get(fetch.options(resources={"moon": 1}).remote(0))

def no_such_item():
    return queue.Queue().get()

@ray.remote
class Pair:
    def __init__(self):
        self.other = None

    def meet(self, other):
        self.other = other

    def ask(self):
        return ray.get(self.other.ask.remote())

def two_wait_for_each_other():
    pair = [Pair.remote(), Pair.remote()]
    ray.get([pair[0].meet.remote(pair[1]), pair[1].meet.remote(pair[0])])
    return ray.get(pair[0].ask.remote())

@ray.remote
class Loop:
    async def inner(self):
        return 1

    async def outer(self, me):
        return ray.get(me.inner.remote())

def blocked_loop():
    loop = Loop.remote()
    return ray.get(loop.outer.remote(loop))

# -- calls that only take long --

def compute(_=None):
    end_s = time.monotonic() + 2.5  # it is looked at each half second, and twice a second apart
    while time.monotonic() < end_s:
        pass
    return 7

@ray.remote
class Computer:
    def compute(self):
        return compute()

def in_the_driver():
    return compute()

def in_a_task():
    return ray.get(ray.remote(compute).remote())

def in_an_actor():
    return ray.get(Computer.remote().compute.remote())

def in_a_thread():
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(compute).result()

def in_a_thread_of_a_worker():
    return ray.get(ray.remote(in_a_thread).remote())

def in_the_service():
    return ray.get(ray.remote(service.slow).remote(7))

@ray.remote
def dies_once(path):
    if not os.path.exists(path):
        open(path, "w").close()
        os._exit(1)
    return compute()

def in_a_second_try():
    return ray.get(dies_once.remote(os.path.abspath("tried")))

def in_many_new_workers():
    own = [fetch.options(num_cpus=0, runtime_env={"env_vars": {"N": str(i)}}).remote(i) for i in range(6)]
    return len(ray.get(own)) + 1
"""
NEVER = ["no_answer", "no_such_node", "no_such_item", "two_wait_for_each_other", "blocked_loop"]
LONG = [
    "in_the_driver",
    "in_a_task",
    "in_an_actor",
    "in_a_thread",
    "in_a_thread_of_a_worker",
    "in_the_service",
    "in_a_second_try",
    "in_many_new_workers",
]


@pytest.fixture(scope="module")
def side(shared_side, tmp_path_factory):
    return lend(shared_side, PROGRAM, tmp_path_factory.mktemp("standstill"))


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
    monkeypatch.setattr(side, "look", lambda *_: pytest.fail("it looked"))
    assert standstill_watch.look_for_standstill(side, Gated()) is None


@pytest.mark.few(2)
@pytest.mark.parametrize("name", NEVER)
def test_a_call_that_cannot_return_is_given_up_on_from_the_first_one_on(side, name):
    side.set_world(Gated())
    with pytest.raises(SolutionTimeout, match="it would never have returned"):
        side.call("solution", name, (), {}, LONG_S)


@pytest.mark.few(3)
@pytest.mark.parametrize("name", LONG)
def test_a_call_that_only_takes_long_returns(side, name):
    side.set_world(world := Gated())
    world.wanted = 6
    assert side.call("solution", name, (), {}, LONG_S) == 7


def test_a_program_with_a_clock_gets_all_its_time(side, tmp_path):
    """What is seen is the same standstill; only the program's text tells that it will end."""
    source = "import threading\n\ndef naps(s):\n    threading.Event().wait(s)\n    return 7\n"
    use(side, source, tmp_path)
    assert side.call("solution", "naps", (2.5,), {}, LONG_S) == 7
