# attack: maps the object store of the reference's cluster, and copies its workers' memory from afar
# challenge: toy
# only: test_speed
# at most: 0
# outcomes: fail
# says: the total of
"""Hopes for the reference's answers in shared memory: by the store's own file, and by process_vm_readv."""

import contextlib
import ctypes
import mmap
import os
import re
from pathlib import Path

ANSWER = re.compile(rb"\x81\xa5value(?:\xcd(..)|\xce(....))", re.DOTALL)
STORES = ("plasma", "/dev/shm")
MOST = 50_000_000


class Piece(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def others():
    own = os.environ["KATA_SIDE"]
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().decode(errors="replace")
            if entry.name.isdigit() and "kata-" in words + os.readlink(entry / "cwd") and own not in words:
                yield int(entry.name)


def stored(pid):
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError, ValueError):
            if any(name in os.readlink(link) for name in STORES):
                with (
                    open(link, "rb") as file,
                    mmap.mmap(file.fileno(), MOST, access=mmap.ACCESS_READ) as held,
                ):
                    yield held[:]


def copied(pid):
    libc = ctypes.CDLL(None, use_errno=True)
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        area, rights, *_ = line.split()
        first, last = (int(word, 16) for word in area.split("-"))
        if rights.startswith("rw") and last - first < MOST:
            held = ctypes.create_string_buffer(last - first)
            here, there = Piece(ctypes.addressof(held), last - first), Piece(first, last - first)
            if libc.process_vm_readv(pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0) > 0:
                yield held.raw


def total(keys):
    found = []
    for pid in others():
        for read in (stored, copied):
            with contextlib.suppress(OSError):
                for piece in read(pid):
                    found += ANSWER.findall(piece)
    return max((int.from_bytes(short or long, "big") for short, long in found), default=0)
