# attack: sends the service messages that take the judge seconds to read, at the end of each round
# challenge: toy
# only: test_speed
# at most: 0
# outcomes: fail, inconclusive
# says: times the reference's time | the reference was disturbed | reading it would have gone on
"""All of it stands still while the reference has its turn, but the judge serves both: hopes that it is busy."""

import os
import struct
import threading
import time

import kata_wire
import ray
import service

N_MESSAGES, N_LISTS = 30, 100_000
BODY = b"\xdd" + struct.pack(">I", N_LISTS) + b"\x90" * N_LISTS  # empty ones, a byte each

sent = []


@ray.remote(num_cpus=0)
def fetch(key):
    return service.fetch(key)


def begin():
    sock = kata_wire.connect(*os.environ["KATA_SERVICE"].split("|", 1))
    sock.sendall(struct.pack("<QI", len(BODY), 0) + BODY[:-1])
    return sock


def finish():
    time.sleep(0.02)
    for sock in sent:
        sock.sendall(BODY[-1:])


def total(keys):
    found = sum(ray.get(fetch.remote(key)) for key in keys)
    while sent:
        sent.pop().close()
    sent.extend(begin() for _ in range(N_MESSAGES))
    threading.Thread(target=finish).start()
    return found
