"""The judge's end of the socket to a driver: who may connect, what an answer means, why it broke."""

from __future__ import annotations

import contextlib
import secrets
import select
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grader.errors import ClusterError
from grader.inside import kata_wire
from grader.side.observation import NotPlain, SolutionRaised
from grader.system.processes import peer_pid

CONNECT_WITHIN_S = 60.0
TRANSFER_WITHIN_S = 30.0
_HELLO_WITHIN_S = 5.0
_LOOK_INTERVAL_S = 0.5
_POLL_S = 0.25  # how often to ask whether an answer can still come
_SHOWN_OUTPUT = 600
_SHOWN_NAME = 100
_SHOWN_TEXT = 4000  # as much as the driver sends; a solution that speaks for the driver could send more


class DriverLink:
    """Listens on a Unix socket for one driver at a time, and passes frames.

    Args:
        path: Where the socket is made.
    """

    def __init__(self, path: Path) -> None:
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen(8)
        self._sock: socket.socket | None = None
        self._token = ""

    def new_token(self) -> str:
        """The token that the next driver has to show; an earlier driver's is void."""
        self._token = secrets.token_hex(16)
        return self._token

    @property
    def is_connected(self) -> bool:
        """Whether a driver has introduced itself and has not been hung up on."""
        return self._sock is not None

    def accept(self, pid: int, has_ended: Callable[[], bool]) -> None:
        """Wait for the driver to say that it is ready; hang up on anyone else who connects.

        Args:
            pid: The driver's process. The kernel says who connects, where it can; elsewhere the token does.
            has_ended: Whether that process is gone.

        Raises:
            ClusterError: It was not ready within CONNECT_WITHIN_S, or it ended.
        """
        deadline = time.monotonic() + CONNECT_WITHIN_S
        while time.monotonic() < deadline:
            self._listener.settimeout(_LOOK_INTERVAL_S)
            try:
                sock, _ = self._listener.accept()
            except TimeoutError:
                if has_ended():
                    raise ClusterError("a driver ended before it was ready") from None
                continue
            if peer_pid(sock, pid) == pid and self._is_ready(sock, deadline):
                self._sock = sock
                return
            sock.close()
        raise ClusterError(f"a driver did not start within {CONNECT_WITHIN_S:.0f} s")

    def _is_ready(self, sock: socket.socket, deadline: float) -> bool:
        """Whether the other end shows the token and then says that it is ready."""
        with contextlib.suppress(OSError, EOFError):
            hello = kata_wire.receive(sock, time.monotonic() + _HELLO_WITHIN_S)
            if isinstance(hello, dict) and hello.get("token") == self._token:
                kata_wire.receive(sock, deadline)  # "ready"
                return True
        return False

    def exchange(self, frame: list[Any], within_s: float, is_vain: Callable[[], bool]) -> Any:
        """Send a frame that `kata_wire.dump` has made and return the driver's answer.

        Args:
            frame: What to send.
            within_s: How long to wait at most.
            is_vain: Asked now and then whether no answer can come any more.

        Raises:
            TimeoutError: The answer did not come within the given seconds, or cannot come.
            OSError: The driver is gone; see also `kata_wire.receive`.
        """
        assert self._sock is not None
        deadline = time.monotonic() + within_s
        self._sock.settimeout(within_s)
        kata_wire.send_parts(self._sock, frame)
        while (left_s := deadline - time.monotonic()) > 0:
            if select.select([self._sock], [], [], min(left_s, _POLL_S))[0]:
                break
            if is_vain():
                raise TimeoutError("no answer can come")
        return kata_wire.receive(self._sock, deadline)

    def interrupt(self) -> None:
        """Break the connection from another thread: whatever waits on it gets an error."""
        if self._sock is not None:
            with contextlib.suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)

    def hang_up(self) -> None:
        """Close the connection to the current driver."""
        if self._sock is not None:
            self._sock.close()
            self._sock = None

    def close(self) -> None:
        """Hang up and stop listening."""
        self.hang_up()
        self._listener.close()


def understood(answer: Any) -> Any:
    """The value that a driver's answer carries.

    Raises:
        SolutionRaised: It carries an exception.
        NotPlain: The solution returned something that is not plain data.
        BrokenFrameError: It is not an answer.
    """
    match answer:
        case {"value": value, **more} if not more:
            return value
        case {"raised": {"type": str(kind), "message": str(text), "traceback": str(trace)}}:
            raise SolutionRaised(kind[:_SHOWN_NAME], text[:_SHOWN_TEXT], trace[-_SHOWN_TEXT:])
        case {"not_plain": str(text)}:
            raise NotPlain(text[:_SHOWN_TEXT])
        case _:
            raise kata_wire.BrokenFrameError("not an answer")


def describe_death(error: Exception, status: int | None, said: dict[str, Any]) -> str:
    """Why the connection to a driver broke, in a sentence, with the driver's last words.

    Args:
        error: How the judge noticed.
        status: Exit status of the driver as subprocess tells it; None while it runs.
        said: The end of its output, "tail", and how much there was, "total_bytes".
    """
    if isinstance(error, kata_wire.BrokenFrameError):
        message = "something that is not an answer was written to the judge's connection"
    elif status is None:
        message = "its driver process hung up on the judge in the middle of a call"
    elif status < 0:
        message = f"its driver process was killed by signal {-status} in the middle of a call"
    else:
        message = f"its driver process ended with exit status {status} in the middle of a call"
    tail = said["tail"].strip()[-_SHOWN_OUTPUT:]
    if not tail:
        return message
    return f"{message}. It printed {said['total_bytes']:,} bytes, ending with:\n{tail}"
