"""One thread of the driver per order walks it through its steps in plain code and waits for each answer.

Every wait gets what is left of the one deadline, so all threads are back in time, whatever is stuck. Only the
driver waits for Ray; the calls themselves run in workers and hold nothing that another order needs. Unlike a
chain of references, this leaves room for decisions between two steps. It costs a thread per order, and every
answer passes through the driver before the next step starts.
"""

import time
from concurrent.futures import ThreadPoolExecutor

import ray
import service
from ray.exceptions import GetTimeoutError, RayError, RayTaskError


@ray.remote(num_cpus=1)
def price_order(order: dict, reservation: str) -> str:
    """Compute a quote; the task's CPU is what limits prices to four at a time."""
    return service.price(order, reservation)


@ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)
class Caller:
    """Makes the calls that only wait, in as many threads as there are orders."""

    def take_back(self, order: dict) -> str:
        return service.take_back(order)

    def reserve(self, order: dict, receipt: str | None) -> str:
        return service.reserve(order, receipt)

    def ship(self, order: dict, quote: str) -> str:
        return service.ship(order, quote)


class Batch:
    """What the orders of one batch share: the deadline and the actor that makes their calls."""

    def __init__(self, n_orders: int, due: float) -> None:
        self.n_orders = n_orders
        self.due = due
        self.caller = Caller.options(max_concurrency=max(2, n_orders)).remote()

    def process(self, orders: list[dict]) -> dict:
        result = {"done": {}, "timed_out": [], "failed": {}}
        with ThreadPoolExecutor(self.n_orders) as threads:
            for order, (key, value) in zip(orders, threads.map(self.handle, orders), strict=True):
                if key == "timed_out":
                    result[key].append(order["id"])
                else:
                    result[key][order["id"]] = value
        return result

    def handle(self, order: dict) -> tuple[str, str | None]:
        """Take an order through all its steps; return where it belongs, and its tracking number or reason."""
        receipt = None
        try:
            if order["kind"] == "exchange":
                receipt = self.answer(self.caller.take_back.remote(order))
            reservation = self.answer(self.caller.reserve.remote(order, receipt))
            quote = self.price(order, reservation)
            tracking = self.answer(self.caller.ship.remote(order, quote))
        except GetTimeoutError:
            return "timed_out", None
        except RayTaskError as error:
            return "failed", str(error.cause)
        except RayError as error:
            return "failed", str(error)
        return "done", tracking

    def price(self, order: dict, reservation: str) -> str:
        ref = price_order.remote(order, reservation)
        try:
            return self.answer(ref)
        except GetTimeoutError:
            if not ray.wait([ref], timeout=0)[0]:  # it may have ended in the meantime
                ray.cancel(ref, force=True)
            raise

    def answer(self, ref: ray.ObjectRef) -> str:
        return ray.get(ref, timeout=max(0.0, self.due - time.monotonic()))

    def end(self) -> None:
        """End every call that is still open, by killing the process that made it."""
        ray.kill(self.caller)


def process_orders(orders: list[dict], *, deadline_s: float) -> dict:
    """Process a batch of orders; see the brief for what is promised."""
    due = time.monotonic() + deadline_s
    if not orders:
        return {"done": {}, "timed_out": [], "failed": {}}
    batch = Batch(len(orders), due)
    try:
        return batch.process(orders)
    finally:
        batch.end()
