"""The judge's end of the socket to a driver: who may connect, what an answer means, how it broke."""

from __future__ import annotations

import secrets
import socket
import time
from pathlib import Path
from typing import Any

from grader.errors import ClusterError
from grader.inside import kata_wire
from grader.observation import NotPlain, SolutionRaised

CONNECT_WITHIN_S = 60.0
TRANSFER_WITHIN_S = 30.0
_HELLO_WITHIN_S = 5.0
_SHOWN_OUTPUT = 600


class DriverLink:
    """Listens at a Unix socket for one driver at a time and passes frames.

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
        """What the next driver has to show; an earlier one's is void."""
        self._token = secrets.token_hex(16)
        return self._token

    @property
    def is_connected(self) -> bool:
        """Whether a driver has introduced itself and was not hung up on."""
        return self._sock is not None

    def accept(self) -> None:
        """Wait for the driver with the right token to say that it is ready.

        Raises:
            ClusterError: None did within CONNECT_WITHIN_S.
        """
        deadline = time.monotonic() + CONNECT_WITHIN_S
        while (left_s := deadline - time.monotonic()) > 0:
            self._listener.settimeout(left_s)
            try:
                sock, _ = self._listener.accept()
                hello = kata_wire.receive(sock, time.monotonic() + _HELLO_WITHIN_S)
                if isinstance(hello, dict) and hello.get("token") == self._token:
                    kata_wire.receive(sock, deadline)  # "ready"
                    self._sock = sock
                    return
                sock.close()
            except (OSError, EOFError):  # a stranger, or one that died on the way
                continue
        raise ClusterError(f"a driver did not start within {CONNECT_WITHIN_S:.0f} s")

    def send(self, request: dict[str, Any]) -> None:
        """Send a request; OSError when the driver is gone."""
        assert self._sock is not None
        self._sock.settimeout(TRANSFER_WITHIN_S)
        kata_wire.send(self._sock, request, "an argument")

    def receive(self, within_s: float) -> Any:
        """The driver's next frame; see `kata_wire.receive` for what it raises."""
        assert self._sock is not None
        return kata_wire.receive(self._sock, time.monotonic() + within_s)

    def hang_up(self) -> None:
        """Close the connection to the driver at hand."""
        if self._sock is not None:
            self._sock.close()
            self._sock = None

    def close(self) -> None:
        """Hang up and listen no more."""
        self.hang_up()
        self._listener.close()


def understood(answer: Any) -> Any:
    """The value that a driver's answer carries.

    Raises:
        SolutionRaised: It carries an exception.
        NotPlain: The solution returned something that may not travel.
        BrokenFrameError: It is no answer.
    """
    if isinstance(answer, dict) and len(answer) == 1:
        if "value" in answer:
            return answer["value"]
        if "raised" in answer:
            raised = answer["raised"]
            raise SolutionRaised(str(raised["type"]), str(raised["message"]), str(raised["traceback"]))
        if "not_plain" in answer:
            raise NotPlain(str(answer["not_plain"]))
    raise kata_wire.BrokenFrameError("not an answer")


def describe_death(error: Exception, status: int | None, said: dict[str, Any]) -> str:
    """Why the connection to a driver broke, in a sentence, with the driver's last words.

    Args:
        error: How the judge noticed.
        status: Exit status of the driver as subprocess tells it; None while it runs.
        said: The end of its output, "tail", and how much there was, "total_bytes".
    """
    if isinstance(error, kata_wire.BrokenFrameError):
        message = "something else than an answer was written to the judge's connection"
    elif status is None:
        message = "its driver process hung up on the judge in the middle of a call"
    elif status < 0:
        message = f"its driver process was killed by signal {-status} in the middle of a call"
    else:
        message = f"its driver process ended with exit status {status} in the middle of a call"
    tail = said["tail"].strip()[-_SHOWN_OUTPUT:]
    if not tail:
        return message
    return f"{message}. It printed {said['total_bytes']:,} bytes, at the end:\n{tail}"
