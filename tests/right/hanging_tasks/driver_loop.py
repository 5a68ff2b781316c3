"""The driver is an event loop: each order is a generator that yields the reference it waits for.

One `ray.wait` watches all orders; when a reference is ready, its order wakes up and starts its next step.
Nothing else ever waits for Ray, and at the deadline the driver simply stops waiting. Unlike a chain of
references, an order's steps read as plain code and can branch on results. The cost: every step goes through
the driver, so a busy driver holds up all orders.
"""

import time
from collections.abc import Generator

import ray
import service
from ray.exceptions import RayError, RayTaskError

Steps = Generator[ray.ObjectRef, str, str]


@ray.remote(num_cpus=1)
def price_order(order: dict, reservation: str) -> str:
    """Compute a quote; the task's CPU is what limits prices to four at a time."""
    return service.price(order, reservation)


@ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)
class Caller:
    """Makes the calls that only wait, in as many threads as there are orders."""

    def call(self, step: str, order: dict, *number: str | None) -> str:
        return getattr(service, step)(order, *number)


class Batch:
    """The orders of one call of `process_orders`, and what each of them is waiting for."""

    def __init__(self, orders: list[dict]) -> None:
        self.caller = Caller.options(max_concurrency=max(2, len(orders))).remote()
        self.result = {"done": {}, "timed_out": [], "failed": {}}
        self.prices: set[ray.ObjectRef] = set()  # those that have not been answered
        self.waiting: dict[ray.ObjectRef, tuple[str, Steps]] = {}
        for order in orders:
            steps = self.steps(order)
            self.waiting[next(steps)] = order["id"], steps

    def steps(self, order: dict) -> Steps:
        """Yield what the order waits for, step by step; return its tracking number."""
        receipt = None
        if order["kind"] == "exchange":
            receipt = yield self.caller.call.remote("take_back", order)
        reservation = yield self.caller.call.remote("reserve", order, receipt)
        pricing = price_order.remote(order, reservation)
        self.prices.add(pricing)
        quote = yield pricing
        self.prices.discard(pricing)
        return (yield self.caller.call.remote("ship", order, quote))

    def run(self, due: float) -> dict:
        while self.waiting and (left := due - time.monotonic()) > 0:
            ready, _ = ray.wait(list(self.waiting), timeout=left)
            for ref in ready:
                self.wake(ref)
        self.result["timed_out"] = [order_id for order_id, _ in self.waiting.values()]
        return self.result

    def wake(self, ref: ray.ObjectRef) -> None:
        """Give an order what it has waited for; note its tracking number or reason if that was all."""
        order_id, steps = self.waiting.pop(ref)
        try:
            self.waiting[steps.send(ray.get(ref))] = order_id, steps
        except StopIteration as end:
            self.result["done"][order_id] = end.value
        except RayTaskError as error:
            self.result["failed"][order_id] = str(error.cause)
        except RayError as error:
            self.result["failed"][order_id] = str(error)

    def end(self) -> None:
        """End the calls that are still open by killing the processes that made them."""
        for pricing in self.prices:
            if not ray.wait([pricing], timeout=0)[0]:  # it may have ended in the meantime
                ray.cancel(pricing, force=True)
        ray.kill(self.caller)


def process_orders(orders: list[dict], *, deadline_s: float) -> dict:
    """Process a batch of orders; see the brief for what is promised."""
    due = time.monotonic() + deadline_s
    if not orders:
        return {"done": {}, "timed_out": [], "failed": {}}
    batch = Batch(orders)
    try:
        return batch.run(due)
    finally:
        batch.end()
