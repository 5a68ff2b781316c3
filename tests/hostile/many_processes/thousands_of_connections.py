# attack: thousands of connections to the judge
# challenge: toy
# only: test_total, test_overlap, test_worker_killed
# at most: 0
# outcomes: fail, crash
# says: the total of
"""Hopes that the judge has no file descriptor left to write with. At most 5000 connections."""

import contextlib
import os
import resource
import socket
from pathlib import Path

import kata_wire

kept = []


def connect():
    path, token = os.environ["KATA_SERVICE"].split("|", 1)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for number in range(5000):
        with contextlib.suppress(OSError):
            if number % 10:
                kept.append(kata_wire.connect(path, token))
            else:
                stranger = socket.socket(socket.AF_UNIX)
                stranger.setblocking(False)
                stranger.connect(str(Path(path).with_name("judge.sock")))
                kept.append(stranger)


def total(keys):
    if not kept:
        connect()
    return 0
