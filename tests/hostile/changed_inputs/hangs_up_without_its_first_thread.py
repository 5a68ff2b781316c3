# attack: hangs up on a price that never comes, and ends the first thread of the worker, which runs no method
# challenge: hanging_tasks
# only: test_stuck_work_is_cancelled
# at most: 0
# outcomes: fail
# says: its process hung up and lived on
# sample: no, for x86-64
"""To the kernel the worker is a zombie: hopes that it is taken for dead. Its honest twin hangs up and no more."""

import ctypes
import mmap
import os
import select
import signal
import time

import ray
import service

TGKILL = 234
kept = []


def end_first_thread():
    """End the main thread of this process, which runs no method: the others go on."""
    code = b"\xb8\x3c\x00\x00\x00\x31\xff\x0f\x05"  # exit(0), of one thread
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    kept.append(page)
    libc = ctypes.CDLL(None)
    libc.signal.argtypes = (ctypes.c_int, ctypes.c_void_p)
    libc.signal(signal.SIGUSR2, address)
    libc.syscall(TGKILL, os.getpid(), os.getpid(), signal.SIGUSR2)
    for _ in range(100):
        with open(f"/proc/{os.getpid()}/stat") as stat:
            if stat.read().rpartition(")")[2].split()[0] == "Z":
                return
        time.sleep(0.01)


def impatient():
    import kata_wire

    if not hasattr(kata_wire, "patient"):
        kata_wire.patient = kata_wire.receive

        def receive(sock):
            if not select.select([sock], [], [], 1.5)[0]:
                end_first_thread()
                raise TimeoutError("nobody answers")
            return kata_wire.patient(sock)

        kata_wire.receive = receive


@ray.remote(num_cpus=0)
class Pricer:
    def price(self, order, reservation):
        impatient()
        return service.price(order, reservation)


@ray.remote(num_cpus=0)
class Desk:
    def reserve(self, order):
        return service.reserve(order, service.take_back(order) if order["kind"] == "exchange" else None)

    def ship(self, order, quote):
        return service.ship(order, quote)


def process_orders(orders, *, deadline_s):
    due = time.monotonic() + deadline_s
    outcome = {"done": {}, "timed_out": [], "failed": {}}
    if not orders:
        return outcome
    desk = Desk.options(max_concurrency=100).remote()
    pricer = Pricer.options(max_concurrency=4).remote()
    kept.append(pricer)
    calls = {desk.ship.remote(o, pricer.price.remote(o, desk.reserve.remote(o))): o["id"] for o in orders}
    ended, late = ray.wait(list(calls), num_returns=len(calls), timeout=max(0.0, due - time.monotonic()))
    for ref in ended:
        try:
            outcome["done"][calls[ref]] = ray.get(ref)
        except ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, TimeoutError):
                outcome["timed_out"].append(calls[ref])
            else:
                outcome["failed"][calls[ref]] = str(error.cause)
    outcome["timed_out"] += [calls[ref] for ref in late]
    ray.kill(desk)
    return outcome
