# attack: does without Ray: threads of the driver call the service, and drop what is stuck
# challenge: hanging_tasks
# at most: 0
# outcomes: fail, crash, inconclusive, timeout
# says: is no Ray worker
# sample: no
"""Everything but Ray: right results, in time. Its honest twin is tests/right/hanging_tasks/driver_threads.py."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait

import service

socket.setdefaulttimeout(3.0)
PRICES = threading.Semaphore(4)


def handle(order):
    receipt = service.take_back(order) if order["kind"] == "exchange" else None
    reservation = service.reserve(order, receipt)
    with PRICES:
        quote = service.price(order, reservation)
    return service.ship(order, quote)


def process_orders(orders, *, deadline_s):
    due = time.monotonic() + deadline_s
    outcome = {"done": {}, "timed_out": [], "failed": {}}
    if not orders:
        return outcome
    threads = ThreadPoolExecutor(len(orders))
    calls = {threads.submit(handle, order): order["id"] for order in orders}
    ended, late = wait(calls, timeout=due - time.monotonic())
    for call in ended:
        try:
            outcome["done"][calls[call]] = call.result()
        except service.OrderRefusedError as refusal:
            outcome["failed"][calls[call]] = str(refusal)
        except TimeoutError:
            outcome["timed_out"].append(calls[call])
    outcome["timed_out"] += [calls[call] for call in late]
    return outcome
