"""Finding and ending every process of a side, including those that tried to get away.

A side's warden is a child subreaper: a process that double-forks or starts a new session stays below it.
Where the system has no subreaper (macOS), processes are found by the marker in their environment.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

from grader.system.threads import any_lives, any_moves, folders

MARKER = "KATA_SIDE"
_PR_SET_CHILD_SUBREAPER = 36


def become_subreaper() -> bool:
    """Adopt orphaned descendants from now on; False where the system cannot do that."""
    if not sys.platform.startswith("linux"):
        return False
    return bool(ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


def descendants(pid: int) -> list[psutil.Process]:
    """Every living process below `pid`; empty when it is gone."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).children(recursive=True)
    return []


def children(pid: int) -> list[psutil.Process]:
    """Every living process whose parent is `pid`; empty when it is gone."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).children()
    return []


def marked(side_id: str) -> list[psutil.Process]:
    """Every process of this user whose environment names the side, and what is below it.

    A process that keeps its memory private keeps its environment private as well: it is found below Ray's own
    processes, or by its command line.
    """
    found: dict[int, psutil.Process] = {}
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if _names(process, side_id):
                found |= {p.pid: p for p in (process, *process.children(recursive=True))}
    return [process for pid, process in found.items() if pid != os.getpid()]


def _names(process: psutil.Process, side_id: str) -> bool:
    """Whether a process's environment has the side's marker; if that is private, whether its command does."""
    try:
        return bool(process.environ().get(MARKER) == side_id)
    except (psutil.AccessDenied, PermissionError):
        is_own = process.uids().real == os.getuid()
        return is_own and any(side_id in word for word in process.cmdline())


def signal_all(processes: Iterable[psutil.Process], signum: int) -> None:
    """Send a signal to each process that still exists."""
    for process in processes:
        with contextlib.suppress(psutil.Error, OSError):
            process.send_signal(signum)


def end_all(find: Callable[[], list[psutil.Process]], *, adopted: bool, within_s: float = 10.0) -> list[int]:
    """Kill what `find` finds until it finds nothing: a fork in between is found the next time.

    Each sweep stops everything before it kills anything, so nothing can answer a death with a birth.

    Args:
        find: Looks for what to end, once for each sweep.
        adopted: Whether the caller is their subreaper and has to reap them; a process that has started
            children itself must not ask for that.
        within_s: When to give up.

    Returns:
        The pids that were still alive at the end; empty when all is well.
    """
    deadline = time.monotonic() + within_s
    while True:
        alive = [p for p in find() if is_running(p)]
        if not alive or time.monotonic() > deadline:
            return [p.pid for p in alive]
        signal_all(alive, signal.SIGSTOP)
        signal_all(alive, signal.SIGKILL)
        psutil.wait_procs(alive, timeout=0.5)
        if adopted:
            _reap()


def is_running(process: psutil.Process) -> bool:
    """Whether a process exists and is not a zombie, or is one of which only the first thread has ended."""
    with contextlib.suppress(psutil.Error):
        is_zombie = process.status() == psutil.STATUS_ZOMBIE
        return process.is_running() and (not is_zombie or any_lives(process.pid))
    return False


def is_moving(process: psutil.Process) -> bool:
    """Whether a process is running and has not been stopped, with all of its threads."""
    still = (psutil.STATUS_ZOMBIE, psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP)
    with contextlib.suppress(psutil.Error):
        return process.is_running() and (process.status() not in still or any_moves(process.pid))
    return False


def reap_zombies(parent: int, but: Iterable[int]) -> None:
    """Reap children that have ended, except those whose exit status someone else is waiting for."""
    waited_for = set(but)
    for child in children(parent):
        with contextlib.suppress(psutil.Error, OSError):
            if child.pid not in waited_for and child.status() == psutil.STATUS_ZOMBIE:
                os.waitpid(child.pid, os.WNOHANG)


def _reap() -> None:
    """Reap adopted children that have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def peer_pid(sock: socket.socket, claimed: int) -> int:
    """The process at the other end of a Unix socket: from the kernel if it says (Linux), else as claimed."""
    if not hasattr(socket, "SO_PEERCRED"):
        return claimed
    size = struct.calcsize("3i")
    pid: int = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))[0]
    return pid


def shared_bytes(pid: int) -> int:
    """Resident shared memory that a process has mapped, counted in full; 0 where the system does not say."""
    return _kilobytes(pid, "status", "RssShmem:") * 1024


def proportional_bytes(pid: int) -> tuple[int, int]:
    """Anonymous and shared memory of a process; what n processes share (after a fork) counts as one n-th.

    This takes milliseconds. Where the system does not say, or the process keeps it to itself (any may forbid
    others to look into it), both are counted in full.
    """
    anonymous = _kilobytes(pid, "smaps_rollup", "Pss_Anon:") * 1024
    shared = _kilobytes(pid, "smaps_rollup", "Pss_Shmem:") * 1024
    return (anonymous, shared) if anonymous else (anonymous_bytes(pid), shared_bytes(pid))


def _kilobytes(pid: int, file: str, key: str) -> int:
    """A figure about a process, from the first of its threads that has memory: they share it."""
    for folder in folders(pid):
        with contextlib.suppress(OSError):
            for line in (folder / file).read_text(encoding="utf-8").splitlines():
                if line.startswith(key):
                    return int(line.split()[1])
    return 0


def anonymous_bytes(pid: int) -> int:
    """Resident anonymous memory of a process; 0 when it is gone.

    Where the system does not say (macOS), it is the memory unique to the process.
    """
    if Path("/proc/self/status").exists():
        return _kilobytes(pid, "status", "RssAnon:") * 1024
    with contextlib.suppress(psutil.Error):
        return int(psutil.Process(pid).memory_full_info().uss)
    return 0
