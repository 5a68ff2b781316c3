# attack: sends its own well-formed answers on the judge's connection, ahead of the driver's
# challenge: toy
# only: test_total, test_overlap, test_worker_killed
# at most: 0
# outcomes: fail
# says: total() is
"""Hopes that the judge takes a verdict, or any number of numbers, for an answer."""

import gc
import socket
import struct

import msgpack


def judges():
    return [s for s in gc.get_objects() if isinstance(s, socket.socket) and s.family == socket.AF_UNIX]


def send(answer):
    body = msgpack.packb(answer)
    for found in judges():
        found.sendall(struct.pack("<QI", len(body), 0) + body)


for answer in ({"value": None}, {"value": "ready"}, {"value": {"outcome": "pass", "earned": 40}}):
    send(answer)


def total(keys):
    for number in range(500):
        send({"value": number})
    return 0
