# rejected-by: test_exchange
"""Cause left in: for an exchange two actors ask each other, each in the middle of its own call."""

import time

import ray
import service
from ray.exceptions import RayError, RayTaskError


@ray.remote(num_cpus=1)
def price_order(order, _reserved):
    return service.price(order)


@ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)
class Counter:
    def reserve(self, order):
        return service.reserve(order)

    def ship(self, order, amount):
        service.ship(order)
        return amount


@ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)
class Warehouse:
    def reserve(self, order, returns):
        ray.get(returns.take_back.remote(order))
        return service.reserve(order)

    def shelf_for(self, order):
        return f"shelf of {order['id']}"


@ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)
class Returns:
    def __init__(self, warehouse):
        self.warehouse = warehouse

    def take_back(self, order):
        ray.get(self.warehouse.shelf_for.remote(order))
        return service.take_back(order)


def unfinished(refs):
    return ray.wait(refs, num_returns=len(refs), timeout=0)[1]


def process_orders(orders, *, deadline_s):
    due = time.monotonic() + deadline_s
    result = {"done": {}, "timed_out": [], "failed": {}}
    if not orders:
        return result
    counter = Counter.options(max_concurrency=100).remote()
    actors = [counter]
    if any(order["kind"] == "exchange" for order in orders):
        warehouse = Warehouse.remote()
        returns = Returns.remote(warehouse)
        actors += [warehouse, returns]
    prices, shipments = [], {}
    try:
        for order in orders:
            if order["kind"] == "exchange":
                reserved = warehouse.reserve.remote(order, returns)
            else:
                reserved = counter.reserve.remote(order)
            amount = price_order.remote(order, reserved)
            prices.append(amount)
            shipments[counter.ship.remote(order, amount)] = order["id"]
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
        for actor in actors:
            ray.kill(actor)
    return result
