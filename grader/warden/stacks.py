"""What the processes of a side are doing: they write it down themselves when a signal asks them to.

The files lie where the solution can reach them, so a bounded piece of a plain file is read, or nothing.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from grader.warden.plain_file import read_piece, size_of

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
    before = {pid: size for pid, path in files.items() if (size := size_of(path)) is not None}
    waiting = set(before)
    for pid in waiting:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGUSR1)
    deadline = time.monotonic() + WRITTEN_WITHIN_S
    while waiting and time.monotonic() < deadline:
        time.sleep(0.02)
        waiting = {pid for pid in waiting if size_of(files[pid]) == before[pid]}
    time.sleep(0.02)  # the last lines of a dump that has begun
    return {str(pid): read_piece(files[pid], size, MAX_BYTES) for pid, size in before.items()}
