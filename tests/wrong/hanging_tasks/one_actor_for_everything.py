# rejected-by: test_four_prices_at_a_time
"""The learner merges the actors, so that none waits for another, and loses the limit on the way."""

import time

import ray
import service
from ray.exceptions import RayError, RayTaskError


@ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)
class Counter:
    def handle(self, order):
        if order["kind"] == "exchange":
            service.take_back(order)
        service.reserve(order)
        amount = service.price(order)
        service.ship(order)
        return amount


def process_orders(orders, *, deadline_s):
    due = time.monotonic() + deadline_s
    result = {"done": {}, "timed_out": [], "failed": {}}
    if not orders:
        return result
    counter = Counter.options(max_concurrency=100).remote()
    shipments = {}
    try:
        for order in orders:
            shipments[counter.handle.remote(order)] = order["id"]
        refs = list(shipments)
        ready, late = ray.wait(refs, num_returns=len(refs), timeout=max(0, due - time.monotonic()))
        for ref in ready:
            try:
                result["done"][shipments[ref]] = ray.get(ref)
            except RayTaskError as error:
                result["failed"][shipments[ref]] = str(error.cause)
            except RayError as error:
                result["failed"][shipments[ref]] = str(error)
        result["timed_out"] = [shipments[ref] for ref in late]
    finally:
        ray.kill(counter)
    return result
