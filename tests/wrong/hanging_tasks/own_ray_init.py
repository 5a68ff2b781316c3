# rejected-by: test_many_customers, test_hazardous_order, test_exchange, test_express_order, test_failed_orders_keep_their_reason, test_no_order_is_lost, test_nothing_is_awaited, test_four_prices_at_a_time, test_worker_killed, test_nothing_left_behind, test_deadline_is_kept, test_stuck_work_is_cancelled, test_second_call_is_unaffected, test_speed
"""The learner believes that four CPUs are too few and brings a cluster of eight along."""

import time

import ray
import service
from ray.exceptions import RayError, RayTaskError

ray.shutdown()
ray.init(address="local", num_cpus=8, include_dashboard=False, object_store_memory=100 * 2**20)


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
    due = time.monotonic() + deadline_s
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
        ray.kill(counter)
    return result
