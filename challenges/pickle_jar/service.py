"""The tide service, at the other end of a line. Do not change this file.

    line = connect()
    status, text = line.request("/tide/3")    # some 10 ms

A line belongs to the process that opened it, and takes one request at a time. On your own machine and in
`pytest test_examples.py`, paths that begin with "/lost" have the status 404. In a grading each answer is a
new one. `python grade.py try pickle_jar` shows that, and paths without an answer.
"""

from __future__ import annotations

import os
import socket
import time

WAIT_S = 0.01


class Line:
    """An open line to the service."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._number = _ask("connect") if _graded() else 0
        self._pid = os.getpid()

    def request(self, path: str) -> tuple[int, str]:
        """Status and text.

        Raises:
            ConnectionResetError: The line was opened by another process.
            ConnectionAbortedError: Another request is on the line.
        """
        if _graded():
            status, text = _ask("request", self._number, path)
            return status, text
        if os.getpid() != self._pid:
            raise ConnectionResetError("this line was opened by another process")
        time.sleep(WAIT_S)
        return (404, "") if path.startswith("/lost") else (200, f"tide at {path}")


def connect() -> Line:
    """Open a line."""
    return Line()


def _ask(*question: object) -> object:
    from service_link import Refused, ask

    try:
        return ask(*question)
    except Refused as refused:
        kinds = {"Reset": ConnectionResetError, "Aborted": ConnectionAbortedError}
        if refused.kind not in kinds:
            raise
        raise kinds[refused.kind](refused.detail) from None


def _graded() -> bool:
    return "KATA_SERVICE" in os.environ
