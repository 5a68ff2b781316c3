# rejected-by: test_deadline_is_kept, test_stuck_work_is_cancelled, test_second_call_is_unaffected, test_speed
"""The learner has one task per order do all its steps, and so reserves a CPU for waiting."""

import time

import ray
import service
from ray.exceptions import RayError, RayTaskError


@ray.remote(num_cpus=1)
def handle(order):
    if order["kind"] == "exchange":
        service.take_back(order)
    service.reserve(order)
    amount = service.price(order)
    service.ship(order)
    return amount


def unfinished(refs):
    return ray.wait(refs, num_returns=len(refs), timeout=0)[1]


def process_orders(orders, *, deadline_s):
    due = time.monotonic() + deadline_s
    result = {"done": {}, "timed_out": [], "failed": {}}
    if not orders:
        return result
    shipments = {}
    try:
        for order in orders:
            shipments[handle.remote(order)] = order["id"]
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
        for ref in unfinished(list(shipments)):
            ray.cancel(ref, force=True)
    return result
