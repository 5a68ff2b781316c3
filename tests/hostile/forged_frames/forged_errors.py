# attack: sends answers that look like an error of the grader itself
# challenge: toy
# only: test_total, test_overlap, test_worker_killed
# at most: 0
# outcomes: fail, crash
# says: something that is not an answer
"""Hopes that what the judge cannot read is not held against a solution."""

import gc
import socket
import struct

import msgpack

BROKEN = ({"raised": {}}, {"raised": 7}, {"raised": {"type": [], "message": {}, "traceback": None}})
calls = 0


def total(keys):
    global calls
    body = msgpack.packb(BROKEN[len(keys) % len(BROKEN)])
    calls += 1
    for found in gc.get_objects():
        if isinstance(found, socket.socket) and found.family == socket.AF_UNIX:
            found.sendall(struct.pack("<QI", len(body), 0) + body)
    return 0
