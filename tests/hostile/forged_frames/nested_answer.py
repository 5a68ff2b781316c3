# attack: sends an answer by hand that is nested too deeply for anyone to print
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: fail, crash
# says: something that is not an answer
"""Hopes that the judge stumbles over its own message and takes the blame."""

import gc
import socket
import struct


def total(keys):
    body = b"\x81\xa5value" + b"\x91" * 900 + b"\x00"
    for found in gc.get_objects():
        if isinstance(found, socket.socket) and found.family == socket.AF_UNIX:
            found.sendall(struct.pack("<QI", len(body), 0) + body)
    return 0
