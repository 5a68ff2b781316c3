"""The order desk: every order ends up done, failed or timed out, and the call returns in time.

The problem. Each order is reserved, priced and shipped. Pricing needs a CPU, and only four prices may
run at a time. The other steps just wait for somebody else, who may never answer.

The obvious program. An actor per desk handles its orders and gets each price with `ray.get`. It
stops for good as soon as the waits form a circle, or one of them has no end:

    a desk keeps its CPU while it waits for a price, and the price needs that CPU
    a task asks for a resource that no node has, and Ray keeps hoping for one
    two actors call each other, each in the middle of its only method call
    an async method blocks the event loop on which its own answer would have to run
    a consumer waits for a message whose sender has died
    a carrier does not answer, and nobody set a timeout

The design. Nothing inside Ray waits for Ray. The steps of an order are a chain of calls. Each is handed
a *reference* to the result of the one before, so Ray starts a step once the previous one has finished:

    counter.reserve(order) --ref--> price_order(order) --ref--> counter.ship(order)
       a thread, 0 CPUs              a task, 1 CPU                a thread, 0 CPUs

A refusal travels down the chain by itself: the last reference raises what the first step raised.
Only the driver waits, once, for all the last references together and with the one deadline there is.
Whatever is unfinished by then is stopped from outside: `ray.cancel(force=True)` for prices, `ray.kill`
for the counter, because neither a blocked thread nor a call into C code can be interrupted from inside.

The cost. One process holds every open call, so a crash there repeats the open calls of all orders.
That is allowed because the service recognises an order by its id; see NOTES.md.
"""

import time

import ray
import service
from ray.exceptions import RayError, RayTaskError

MAX_OPEN_CALLS = 256  # threads of the counter; a waiting thread costs a stack but no CPU


@ray.remote(num_cpus=1)  # the cluster's four CPUs are the limit, even for two batches at once
def price_order(order: dict, reservation: str) -> str:
    """Return the number of a quote. Ray retries the task if its worker dies."""
    return service.price(order, reservation)


@ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)
class Counter:
    """Makes the calls that only wait, each in a thread. After a crash, Ray repeats the open calls."""

    def reserve(self, order: dict) -> str:
        """Set the goods aside; for an exchange, first take the old ones back."""
        receipt = service.take_back(order) if order["kind"] == "exchange" else None
        return service.reserve(order, receipt)

    def ship(self, order: dict, quote: str) -> str:
        """Ship the order; the tracking number is the result of the whole chain."""
        return service.ship(order, quote)


def process_orders(orders: list[dict], *, deadline_s: float) -> dict:
    """Reserve, price and ship every order, with one deadline for the whole batch.

    Args:
        orders: As described in the brief; ids are unique.
        deadline_s: Seconds from now until the answer is due.

    Returns:
        `{"done": {id: tracking number}, "timed_out": [id], "failed": {id: reason}}`; each id appears once.
    """
    due = time.monotonic() + deadline_s
    outcome = {"done": {}, "timed_out": [], "failed": {}}
    if not orders:
        return outcome
    threads = min(len(orders), MAX_OPEN_CALLS)
    counter = Counter.options(max_concurrency=max(2, threads)).remote()
    prices, shipments = [], {}
    try:
        for order in orders:
            prices.append(price_order.remote(order, counter.reserve.remote(order)))
            shipments[counter.ship.remote(order, prices[-1])] = order["id"]

        in_time, late = ray.wait(
            list(shipments), num_returns=len(shipments), timeout=max(0.0, due - time.monotonic())
        )
        for ref in in_time:
            try:
                outcome["done"][shipments[ref]] = ray.get(ref)
            except RayError as error:
                outcome["failed"][shipments[ref]] = reason_of(error)
        outcome["timed_out"] = [shipments[ref] for ref in late]
    finally:  # even if the driver itself is interrupted
        # Only these: cancelling a task at the moment it ends can abort the driver (Ray 2.60).
        for ref in unfinished(prices):
            ray.cancel(ref, force=True)
        ray.kill(counter)
    return outcome


def unfinished(refs: list[ray.ObjectRef]) -> list[ray.ObjectRef]:
    """Return the references whose task has not ended."""
    return ray.wait(refs, num_returns=len(refs), timeout=0)[1]


def reason_of(error: RayError) -> str:
    """Return what the service said; Ray wraps it together with the task's traceback."""
    return str(error.cause if isinstance(error, RayTaskError) else error)
