"""A process by the kernel's own handle: what is asked of it or done to it never hits another with its pid.

A pid is free for others as soon as its process is gone. A pidfd (Linux) keeps meaning the process it was
opened for, and a Unix socket hands one out for whoever connected it. Elsewhere, the process's start time
tells it from a later one with its pid.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator

import psutil

from grader.system.processes import is_running
from grader.system.threads import any_lives

_SO_PEERPIDFD = 77  # Linux 6.5; Python has no name for it
_SLACK_S = 0.1  # start times are told in hundredths of a second
_POLL_S = 0.001


class Handle:
    """One process, alive or not. Made by `held` and `held_peer`.

    Args:
        pid: Its pid while it lives.
        fd: Its pidfd; None where there is none.
        process: It as psutil knows it; None when it is gone.
    """

    def __init__(self, pid: int, fd: int | None, process: psutil.Process | None) -> None:
        self.pid, self._fd, self._process = pid, fd, process

    def has_ended(self) -> bool:
        """Whether it is gone or a zombie."""
        if self._fd is not None:
            poll = select.poll()
            poll.register(self._fd, select.POLLIN)
            return bool(poll.poll(0))
        with contextlib.suppress(psutil.Error):
            return self._process is None or not is_running(self._process)
        return True

    def is_alive(self) -> bool:
        """Whether it is neither gone nor on its way out: the kernel closes sockets before it says so."""
        if sys.platform.startswith("linux") and not any_lives(self.pid):
            return False
        return not self.has_ended()  # asked last: until now, the pid was not anyone else's

    def is_below(self, ancestor: int) -> bool:
        """Whether it is a descendant of a process; False when it has ended."""
        with contextlib.suppress(psutil.Error):
            above = psutil.Process(self.pid).parents()
            return any(p.pid == ancestor for p in above) and not self.has_ended()
        return False

    def kill(self) -> None:
        """Send it SIGKILL."""
        with contextlib.suppress(OSError, psutil.Error):
            if self._fd is not None:
                signal.pidfd_send_signal(self._fd, signal.SIGKILL)
            elif self._process is not None:
                self._process.kill()  # looks at its start time first

    def dies(self, within_s: float) -> bool:
        """Kill it and wait until it has ended; False if it does not."""
        self.kill()
        deadline = time.monotonic() + within_s
        while not (ended := self.has_ended()) and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        return ended


@contextlib.contextmanager
def held(pid: int, *, before_s: float) -> Iterator[Handle]:
    """A process by its pid.

    Args:
        pid: The pid.
        before_s: Epoch seconds. One that was started later is another one, and this one has ended.
    """
    fd = None
    with contextlib.suppress(OSError, AttributeError):
        fd = os.pidfd_open(pid)
    with _closing(fd):
        process = None
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            if process.create_time() > before_s + _SLACK_S:
                process = None
        yield Handle(pid, fd if process else None, process)


@contextlib.contextmanager
def held_peer(sock: socket.socket, pid: int, *, before_s: float) -> Iterator[Handle]:
    """The process that connected a Unix socket.

    Args:
        sock: This end of it.
        pid: The pid that the kernel gave for it.
        before_s: When the connection was made, in epoch seconds.
    """
    fd = None
    with contextlib.suppress(OSError):
        if sys.platform.startswith("linux"):
            fd = sock.getsockopt(socket.SOL_SOCKET, _SO_PEERPIDFD)
    if fd is None:
        with held(pid, before_s=before_s) as found:
            yield found
        return
    with _closing(fd):
        yield Handle(pid, fd, None)


@contextlib.contextmanager
def _closing(fd: int | None) -> Iterator[None]:
    try:
        yield
    finally:
        if fd is not None:
            os.close(fd)
