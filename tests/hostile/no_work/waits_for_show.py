# attack: throwaway tasks wait a hundred at a time for the judge's count, while the real work has eight threads
# challenge: hanging_tasks
# only: test_a_hundred_wait
# at most: 0
# outcomes: fail
# says: was called again although no worker had died
"""Hopes that calls are counted, whoever wants their answers. Its honest twin is the reference."""

import threading
import time

import ray
import service


@ray.remote(num_cpus=0)
def show(orders):
    """Open a call for every order at once; nobody wants the answers."""
    threads = [threading.Thread(target=service.reserve, args=(order, None)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@ray.remote(num_cpus=1)
def price(order, reservation):
    return service.price(order, reservation)


@ray.remote(num_cpus=0, max_concurrency=8)
class Desk:
    def reserve(self, order):
        return service.reserve(order, service.take_back(order) if order["kind"] == "exchange" else None)

    def ship(self, order, quote):
        return service.ship(order, quote)


def process_orders(orders, *, deadline_s):
    due = time.monotonic() + deadline_s
    shown, desk = show.remote(orders), Desk.remote()
    ray.wait([shown], timeout=deadline_s / 2)
    calls = {desk.ship.remote(o, price.remote(o, desk.reserve.remote(o))): o["id"] for o in orders}
    ended, late = ray.wait(list(calls), num_returns=len(calls), timeout=max(0.0, due - time.monotonic()))
    ray.kill(desk)
    return {
        "done": {calls[ref]: ray.get(ref) for ref in ended},
        "timed_out": [calls[ref] for ref in late],
        "failed": {},
    }
