# attack: reads what the reference has just answered from the memory of its driver and workers
# challenge: toy
# only: test_speed
# at most: 0
# outcomes: fail
# says: the total of
"""The other side's driver runs the same program as ours, for the same user: its heap should be open to us."""

import contextlib
import os
import re
from pathlib import Path

ANSWER = re.compile(rb"\x81\xa5value(?:\xcd(..)|\xce(....))", re.DOTALL)


def own_side():
    return os.environ["KATA_SIDE"]


def others():
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes()
            is_python = b"driver.py" in words or words.startswith(b"ray::")
            if entry.name.isdigit() and is_python and own_side().encode() not in words:
                yield int(entry.name)


def areas(pid):
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        area, rights, *_ = line.split()
        first, last = (int(word, 16) for word in area.split("-"))
        if rights.startswith("rw") and last - first < 100_000_000:
            yield first, last - first


def total(keys):
    found = []
    for pid in others():
        with contextlib.suppress(OSError), open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            for first, length in areas(pid):
                with contextlib.suppress(OSError):
                    memory.seek(first)
                    found += ANSWER.findall(memory.read(length))
    return max((int.from_bytes(short or long, "big") for short, long in found), default=0)
