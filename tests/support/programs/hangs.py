"""One function per cause of a hang; each hangs for real on a cluster with 4 CPUs."""

import queue
import time

import ray
import service


@ray.remote
def small(x=0):
    return x


@ray.remote(num_cpus=1)
class Desk:
    def work(self):
        return ray.get(small.remote())

    def open(self):
        return True


def actors_hold_cpus():
    return ray.get([desk.work.remote() for desk in [Desk.remote() for _ in range(4)]])


def one_actor_too_many():
    desks = [Desk.remote() for _ in range(5)]
    return ray.get([desk.open.remote() for desk in desks])


def slow():
    time.sleep(4)
    return ray.get(small.remote(7))


@ray.remote(resources={"certified": 1})
def certified():
    return 1


def infeasible():
    return ray.get(certified.remote())


def infeasible_by_cpus():
    return ray.get(small.options(num_cpus=9).remote())


def waits_for_an_infeasible_one():
    return ray.get(small.remote(certified.remote()))


@ray.remote
class Ping:
    def set_other(self, other):
        self.other = other

    def call(self):
        return ray.get(self.other.answer.remote())

    def answer(self):
        return self.call()


def actors_wait_for_each_other():
    first, second = Ping.remote(), Ping.remote()
    ray.get([first.set_other.remote(second), second.set_other.remote(first)])
    return ray.get([first.call.remote(), second.call.remote()])


@ray.remote
class Selfish:
    def __init__(self):
        self.me = ray.get_runtime_context().current_actor

    def call(self):
        return ray.get(self.me.other.remote())

    def other(self):
        return 1


def actor_waits_for_itself():
    return ray.get(Selfish.remote().call.remote())


@ray.remote
class Gateway:
    async def look_up(self):
        return 1

    async def handle(self):
        me = ray.get_runtime_context().current_actor
        return ray.get(me.look_up.remote())


def blocked_event_loop():
    return ray.get(Gateway.remote().handle.remote())


@ray.remote
def long_task():
    time.sleep(600)


def runs_too_long():
    return ray.get(long_task.remote())


def driver_outside_ray():
    box = queue.Queue()
    return box.get()


def driver_spins():
    while True:
        pass


@ray.remote
class Consumer:
    def __init__(self):
        self.inbox = queue.Queue()

    def drain(self):
        return self.inbox.get()


def waits_for_a_signal():
    return ray.get(Consumer.remote().drain.remote())


def waits_for_nothing():
    pending = [small.remote()]
    _ready, pending = ray.wait(pending)
    while True:
        ray.wait([ray.ObjectRef.from_random()], timeout=1.0)


@ray.remote
def asks():
    return service.never(17)


def call_never_answered():
    return ray.get(asks.remote())


def driver_asks():
    return service.never(17)


def fine():
    return ray.get(small.remote(5))
