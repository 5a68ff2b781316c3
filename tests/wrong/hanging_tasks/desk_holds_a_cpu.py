# rejected-by: test_many_customers, test_four_prices_at_a_time, test_stuck_work_is_cancelled, test_speed
"""Cause left in: every desk keeps the CPU that the price it waits for needs."""

import time

import ray
import service
from ray.exceptions import RayError, RayTaskError


@ray.remote(num_cpus=1)
def price_order(order, _reserved):
    return service.price(order)


@ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=-1, max_concurrency=100)
class Desk:
    def handle(self, order):
        if order["kind"] == "exchange":
            service.take_back(order)
        reserved = service.reserve(order)
        amount = ray.get(price_order.remote(order, reserved))
        service.ship(order)
        return amount


def process_orders(orders, *, deadline_s):
    due = time.monotonic() + deadline_s
    result = {"done": {}, "timed_out": [], "failed": {}}
    if not orders:
        return result
    customers = sorted({order["customer"] for order in orders})
    desks = [Desk.remote() for _ in customers[:4]]
    shipments = {}
    try:
        for order in orders:
            desk = desks[customers.index(order["customer"]) % len(desks)]
            shipments[desk.handle.remote(order)] = order["id"]
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
        for desk in desks:
            ray.kill(desk)
    return result
