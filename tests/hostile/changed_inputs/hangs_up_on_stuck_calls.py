# attack: patches the service's link, so that a call that never returns is dropped by its worker
# challenge: hanging_tasks
# only: test_stuck_work_is_cancelled
# at most: 0
# outcomes: fail
# says: its process hung up and lived on
"""Hopes that a call that is gone from the books has been stopped. Its honest twin is the reference."""

import select
import time

import ray
import service


def impatient():
    """Have this process hang up after a second and a half."""
    import kata_wire

    if not hasattr(kata_wire, "patient"):
        kata_wire.patient = kata_wire.receive

        def receive(sock):
            if not select.select([sock], [], [], 1.5)[0]:
                raise TimeoutError("nobody answers")
            return kata_wire.patient(sock)

        kata_wire.receive = receive


@ray.remote(num_cpus=1)
def price(order, reservation):
    impatient()
    return service.price(order, reservation)


@ray.remote(num_cpus=0)
class Desk:
    def reserve(self, order):
        impatient()
        return service.reserve(order, service.take_back(order) if order["kind"] == "exchange" else None)

    def ship(self, order, quote):
        return service.ship(order, quote)


def process_orders(orders, *, deadline_s):
    due = time.monotonic() + deadline_s
    outcome = {"done": {}, "timed_out": [], "failed": {}}
    if not orders:
        return outcome
    desk = Desk.options(max_concurrency=100).remote()
    calls = {desk.ship.remote(o, price.remote(o, desk.reserve.remote(o))): o["id"] for o in orders}
    ended, late = ray.wait(list(calls), num_returns=len(calls), timeout=max(0.0, due - time.monotonic()))
    for ref in ended:
        try:
            outcome["done"][calls[ref]] = ray.get(ref)
        except ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, TimeoutError):
                outcome["timed_out"].append(calls[ref])
            else:
                outcome["failed"][calls[ref]] = str(error.cause)
    outcome["timed_out"] += [calls[ref] for ref in late]
    ray.kill(desk)
    return outcome
