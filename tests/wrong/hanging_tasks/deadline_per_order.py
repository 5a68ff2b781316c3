# rejected-by: test_deadline_is_kept, test_stuck_work_is_cancelled, test_second_call_is_unaffected
"""The learner gives every order the whole deadline, one after the other."""

import ray
import service
from ray.exceptions import GetTimeoutError, RayError, RayTaskError


@ray.remote(num_cpus=1)
def price_order(order, _reserved):
    return service.price(order)


@ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)
class Counter:
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
    result = {"done": {}, "timed_out": [], "failed": {}}
    if not orders:
        return result
    counter = Counter.options(max_concurrency=100).remote()
    prices, shipments = [], {}
    try:
        for order in orders:
            amount = price_order.remote(order, counter.reserve.remote(order))
            prices.append(amount)
            shipments[counter.ship.remote(order, amount)] = order["id"]
        for ref, order_id in shipments.items():
            try:
                result["done"][order_id] = ray.get(ref, timeout=deadline_s)
            except GetTimeoutError:
                result["timed_out"].append(order_id)
            except RayTaskError as error:
                result["failed"][shipments[ref]] = str(error.cause)
            except RayError as error:
                result["failed"][shipments[ref]] = str(error)
    finally:
        for ref in unfinished(prices):
            ray.cancel(ref, force=True)
        ray.kill(counter)
    return result
