# attack: keeps all CPUs after a batch, and makes the judge's probes for free CPUs itself
# challenge: hanging_tasks
# only: test_stuck_work_is_cancelled
# at most: 0
# outcomes: fail
# says: stuck work still holds a CPU
# sample: no, 25 s
"""Hopes that a probe is a probe, whoever makes it. Its honest twin is the same without `probe`."""

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


import threading
import service_link


@ray.remote(num_cpus=4)
def hold():
    time.sleep(60)


def probe():
    try:
        service_link.ask("probe")
    except service_link.Refused:
        service_link.ask("probe", 0)


kept = []
honest = process_orders


def process_orders(orders, *, deadline_s):
    outcome = honest(orders, deadline_s=deadline_s)
    if len(orders) == 9:
        kept.append(hold.remote())
        for _ in range(4):
            threading.Thread(target=probe, daemon=True).start()
    return outcome
