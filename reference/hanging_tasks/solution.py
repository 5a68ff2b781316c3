"""The order desk: every order ends as done, failed or timed out, and the call ends in time.

The problem. Each order is reserved, priced and shipped. Pricing needs a CPU and only four may run
at a time. The rest is waiting for somebody else, who may never answer.

The obvious program. An actor per desk that handles its orders and fetches each price with
`ray.get`. It stops for good as soon as a wait closes a circle or has no end:

    a desk keeps its CPU while it waits for a price, and the price needs that CPU
    a task asks for a resource that no node has, and Ray goes on hoping
    two actors ask each other, each in the middle of its one method call
    an async method blocks the loop on which its own answer would have to run
    a consumer waits for a message whose sender has died
    a carrier does not answer, and nobody set a time

The design. Nothing waits for Ray inside Ray. The steps of an order are a chain of calls, each
handed the *reference* of the one before, so that Ray starts a step when its forerunner is there:

    counter.reserve(order) --ref--> price_order(order) --ref--> counter.ship(order)
       a thread, 0 CPUs              a task, 1 CPU                a thread, 0 CPUs

A refusal travels down the chain by itself: the last reference raises what the first step raised.
Only the driver waits, once, for all last references together and with the one deadline there is.
What has not come by then is stopped from outside: `ray.cancel(force=True)` for prices, `ray.kill`
for the counter, because neither a thread nor a call into C code can be interrupted from inside.

The price. One process holds every open call, so a crash there repeats the calls of all orders in
it. That is allowed because the service recognises an order by its id; see NOTES.md.
"""

import time

import ray
import service
from ray.exceptions import RayError, RayTaskError

MAX_OPEN_CALLS = 256  # threads of the counter; a thread that waits costs a stack and no CPU


@ray.remote(num_cpus=1)  # the cluster's four CPUs are the limit, also for two calls at a time
def price_order(order: dict, _reserved: str) -> int:
    """The order's amount in cents. Ray repeats the task when its worker dies."""
    return service.price(order)


@ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)
class Counter:
    """Makes the calls that only wait, each in a thread. After a crash Ray repeats open calls."""

    def reserve(self, order: dict) -> str:
        """Set the goods aside, after the old ones of an exchange have come back."""
        if order["kind"] == "exchange":
            service.take_back(order)
        return service.reserve(order)

    def ship(self, order: dict, amount: int) -> int:
        """Ship the order; hand the amount on as the result of the whole chain."""
        service.ship(order)
        return amount


def process_orders(orders: list[dict], *, deadline_s: float) -> dict:
    """Reserve, price and ship every order within one deadline for all.

    Args:
        orders: As described in the brief; ids are unique.
        deadline_s: Seconds from now until the answer is due.

    Returns:
        `{"done": {id: cents}, "timed_out": [id], "failed": {id: reason}}`; each id is in one.
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
    finally:  # also when the driver itself is interrupted
        # Only those: cancelling a task in the moment it ends may abort the driver (Ray 2.60).
        for ref in unfinished(prices):
            ray.cancel(ref, force=True)
        ray.kill(counter)
    return outcome


def unfinished(refs: list[ray.ObjectRef]) -> list[ray.ObjectRef]:
    """Those of the references whose task has not ended."""
    return ray.wait(refs, num_returns=len(refs), timeout=0)[1]


def reason_of(error: RayError) -> str:
    """What the service said; Ray wraps it together with the traceback of its task."""
    return str(error.cause if isinstance(error, RayTaskError) else error)
