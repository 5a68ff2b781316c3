# rejected-by: test_speed
"""The learner waits in tasks without a CPU, and so starts a process for every waiting order."""

import time

import ray
import service
from ray.exceptions import RayError, RayTaskError


@ray.remote(num_cpus=1)
def price_order(order, _reserved):
    return service.price(order)


@ray.remote(num_cpus=0)
def reserve_order(order):
    if order["kind"] == "exchange":
        service.take_back(order)
    return service.reserve(order)


@ray.remote(num_cpus=0)
def ship_order(order, amount):
    service.ship(order)
    return amount


def process_orders(orders, *, deadline_s):
    due = time.monotonic() + deadline_s
    result = {"done": {}, "timed_out": [], "failed": {}}
    if not orders:
        return result
    calls, shipments = [], {}
    try:
        for order in orders:
            reserved = reserve_order.remote(order)
            amount = price_order.remote(order, reserved)
            shipped = ship_order.remote(order, amount)
            calls += [reserved, amount, shipped]
            shipments[shipped] = order["id"]
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
        for ref in calls:
            ray.cancel(ref, force=True)
    return result
