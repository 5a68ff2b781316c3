# rejected-by: test_many_customers, test_four_prices_at_a_time, test_speed
"""Cause left in: in a large batch four desks keep the four CPUs that the prices need."""

import time

import ray
import service
from ray.exceptions import RayError, RayTaskError


@ray.remote(num_cpus=1)
def price_order(order, _reserved):
    return service.price(order)


@ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=-1)
class Desk:
    def reserve(self, order):
        if order["kind"] == "exchange":
            service.take_back(order)
        return service.reserve(order)

    def ship(self, order, amount):
        service.ship(order)
        return amount


def unfinished(refs):
    return ray.wait(refs, num_returns=len(refs), timeout=0)[1]


def process_orders(orders, *, deadline_s):
    due = time.monotonic() + deadline_s
    result = {"done": {}, "timed_out": [], "failed": {}}
    if not orders:
        return result
    customers = sorted({order["customer"] for order in orders})
    n_desks = 4 if len(customers) > 3 else 1
    desks = [Desk.options(max_concurrency=100).remote() for _ in range(n_desks)]
    prices, shipments = [], {}
    try:
        for order in orders:
            desk = desks[customers.index(order["customer"]) % n_desks]
            amount = price_order.remote(order, desk.reserve.remote(order))
            prices.append(amount)
            shipments[desk.ship.remote(order, amount)] = order["id"]
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
        for ref in unfinished(prices):
            ray.cancel(ref, force=True)
        for desk in desks:
            ray.kill(desk)
    return result
