"""An async actor per batch: a coroutine per order, which awaits its steps one after the other.

The service blocks, so its calls run in threads of the actor, as many as there are orders: the default
executor has few. Prices are tasks of the actor and end with it: killing it ends everything that is stuck.
When the actor dies, Ray starts over with the orders under way. The cost: their prices are computed again.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import ray
import service
from ray.exceptions import RayError, RayTaskError


@ray.remote(num_cpus=1)
def price_order(order: dict, reservation: str) -> str:
    """Compute a quote; the task's CPU is what limits prices to four at a time."""
    return service.price(order, reservation)


@ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)
class Desk:
    """Takes orders through their steps.

    Args:
        n_orders: How many calls can wait at a time.
    """

    def __init__(self, n_orders: int) -> None:
        self.threads = ThreadPoolExecutor(n_orders)

    async def handle(self, order: dict) -> str:
        """Return the order's tracking number."""
        receipt = await self.call(service.take_back, order) if order["kind"] == "exchange" else None
        reservation = await self.call(service.reserve, order, receipt)
        quote = await price_order.remote(order, reservation)
        return await self.call(service.ship, order, quote)

    async def call(self, step, order: dict, *number: str | None) -> str:
        return await asyncio.get_running_loop().run_in_executor(self.threads, step, order, *number)


def process_orders(orders: list[dict], *, deadline_s: float) -> dict:
    """Process a batch of orders; see the brief for what is promised."""
    due = time.monotonic() + deadline_s
    result = {"done": {}, "timed_out": [], "failed": {}}
    if not orders:
        return result
    desk = Desk.remote(len(orders))
    try:
        ids = {desk.handle.remote(order): order["id"] for order in orders}
        ended, late = ray.wait(list(ids), num_returns=len(ids), timeout=max(0.0, due - time.monotonic()))
        for ref in ended:
            try:
                result["done"][ids[ref]] = ray.get(ref)
            except RayError as error:
                result["failed"][ids[ref]] = str(error.cause if isinstance(error, RayTaskError) else error)
        result["timed_out"] = [ids[ref] for ref in late]
        return result
    finally:
        ray.kill(desk)
