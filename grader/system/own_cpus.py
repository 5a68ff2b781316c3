"""Gives a process its own CPUs, so that gradings that run side by side disturb each other less.

Which CPUs are taken is agreed on by locks on files, one for each CPU, in a folder of this user's below the
machine's temporary folder. A lock ends with the process that holds it, however that ends.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

_CPUS = Path("/sys/devices/system/cpu")
_held: list[int] = []  # open files: closed with the process, never before


def pinned_cpus() -> tuple[int, ...]:
    """The CPUs that this process is pinned to by `take_cpus`; empty if it may use whatever it is given."""
    return _pinned


_pinned: tuple[int, ...] = ()


def take_cpus(n: int) -> tuple[int, ...]:
    """Pin this process and all that it starts to `n` CPUs that no other such process has.

    To be called once, before other threads are started. Where the system cannot pin, too few CPUs are free,
    or these would be all that there are, nothing is changed.

    Returns:
        The CPUs; empty if nothing was changed.
    """
    global _pinned  # noqa: PLW0603 - a process has one affinity
    if _pinned or not hasattr(os, "sched_setaffinity"):
        return _pinned
    allowed = os.sched_getaffinity(0)
    taken = _lock(n, sorted(allowed, key=_core)) if n < len(allowed) else []
    if len(taken) == n:
        os.sched_setaffinity(0, taken)
        _pinned = tuple(sorted(taken))
    return _pinned


def _core(cpu: int) -> tuple[str, int]:
    """Threads of the same core come after each other, so that neighbours do not share one."""
    path = _CPUS / f"cpu{cpu}" / "topology" / "thread_siblings_list"
    with contextlib.suppress(OSError):
        return path.read_text(encoding="ascii").split(",")[0].split("-")[0].strip().rjust(6), cpu
    return str(cpu).rjust(6), cpu


def _lock(n: int, candidates: list[int]) -> list[int]:
    """The first `n` of the CPUs that nobody has locked, now locked; none if there are fewer."""
    import fcntl  # Windows has none

    folder = _folder()
    files: dict[int, int] = {}
    if folder is None:
        return []
    for cpu in candidates:
        if len(files) == n:
            break
        file = os.open(folder / f"cpu{cpu}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
        else:
            files[cpu] = file
    if len(files) < n:
        for file in files.values():
            os.close(file)
        return []
    _held.extend(files.values())
    return list(files)


def _folder() -> Path | None:
    """Where the locks are; None if the name is taken by something that is not ours."""
    folder = Path(tempfile.gettempdir()) / f"graded-cpus-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    return folder if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() else None
