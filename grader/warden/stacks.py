"""What the processes of a side are doing: they write it down themselves when a signal asks them to.

The files are where the solution can reach them: it may put a pipe there, a link, or a terabyte. What is
read is a bounded piece of a plain file, or nothing.
"""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import time
from collections.abc import Sequence
from pathlib import Path

WRITTEN_WITHIN_S = 1.0
MAX_BYTES = 256 * 1024


def dump_stacks(folder: Path, pids: Sequence[int]) -> dict[str, str]:
    """Have processes write their stacks, and read them.

    Args:
        folder: Holds one file for each process that can be asked.
        pids: The processes to ask.

    Returns:
        What each process's threads are doing, as `faulthandler` writes it; keys are pids.
    """
    files = {pid: folder / f"{pid}.txt" for pid in pids}
    before = {pid: size for pid, path in files.items() if (size := _size(path)) is not None}
    waiting = set(before)
    for pid in waiting:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGUSR1)
    deadline = time.monotonic() + WRITTEN_WITHIN_S
    while waiting and time.monotonic() < deadline:
        time.sleep(0.02)
        waiting = {pid for pid in waiting if _size(files[pid]) == before[pid]}
    time.sleep(0.02)  # for the last lines of a dump in progress
    return {str(pid): _read(files[pid], size) for pid, size in before.items()}


def _size(path: Path) -> int | None:
    """Size of a plain file in bytes; None if it is not one."""
    with contextlib.suppress(OSError):
        found = path.lstat()
        return found.st_size if stat.S_ISREG(found.st_mode) else None
    return None


def _read(path: Path, offset: int) -> str:
    """A piece of a file, without following a link or waiting on a pipe."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                file.seek(offset)
                return file.read(MAX_BYTES).decode(errors="replace")
    return ""
