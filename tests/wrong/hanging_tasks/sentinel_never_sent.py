# rejected-by: test_failed_orders_keep_their_reason
"""Cause left in: the first refused order ends the thread that hands the results on."""

import queue
import threading
import time

import ray
import service


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


def collect(shipments, results):
    pending = list(shipments)
    while pending:
        ready, pending = ray.wait(pending)
        results.put((shipments[ready[0]], ray.get(ready[0])))
    results.put(None)


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
        results = queue.Queue()
        threading.Thread(target=collect, args=(shipments, results), daemon=True).start()
        try:
            while (item := results.get(timeout=max(0, due - time.monotonic()))) is not None:
                order_id, amount = item
                result["done"][order_id] = amount
        except queue.Empty:
            pass
        result["timed_out"] = [o["id"] for o in orders if o["id"] not in result["done"]]
    finally:
        for ref in unfinished(prices):
            ray.cancel(ref, force=True)
        ray.kill(counter)
    return result
