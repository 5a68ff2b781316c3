"""The threads of a process (Linux): its first one may end long before the others.

The kernel then calls the process a zombie and shows no memory, files or CPU time of it, although the others
go on with all it has. So whether a process lives, moves, holds or uses something is asked of every thread.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

_PF_EXITING = 0x4  # include/linux/sched.h
_ENDED = "ZXx"
_STOPPED = "Tt"
_FLAGS, _USER, _SYSTEM = 6, 11, 12  # of the words in /proc/PID/stat that follow the name


def folders(pid: int) -> Iterator[Path]:
    """Where /proc tells of a process: for all of it, then for each of its threads."""
    yield Path(f"/proc/{pid}")
    with contextlib.suppress(OSError):
        yield from Path(f"/proc/{pid}/task").iterdir()


def any_lives(pid: int) -> bool:
    """Whether a thread has not ended and is not on its way out."""
    return any(state not in _ENDED and not flags & _PF_EXITING for state, flags in _states(pid))


def any_moves(pid: int) -> bool:
    """Whether a thread has neither ended nor been stopped."""
    return any(state not in _ENDED + _STOPPED for state, _ in _states(pid))


def used_s(pid: int) -> float:
    """CPU seconds that living threads have used."""
    own = (words for folder, words in _stats(pid) if folder.parent.name == "task")
    return sum(int(words[_USER]) + int(words[_SYSTEM]) for words in own) / os.sysconf("SC_CLK_TCK")


def _states(pid: int) -> Iterator[tuple[str, int]]:
    """State and flags of each thread; the first one is told first."""
    return ((words[0], int(words[_FLAGS])) for _, words in _stats(pid))


def _stats(pid: int) -> Iterator[tuple[Path, list[str]]]:
    """What the kernel tells of each thread."""
    for folder in folders(pid):
        with contextlib.suppress(OSError):  # it has ended in the meantime
            text = (folder / "stat").read_text(encoding="utf-8", errors="replace")
            yield folder, text.rpartition(")")[2].split()
