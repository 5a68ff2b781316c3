"""A client that travels: what belongs to a process stays there, and an error says how it is made anew.

The problem. A client holds a line and a lock, and neither can leave its process. The obvious way round is to
make a client in each task; then every task opens a line. And the error: pickle makes an exception anew by
calling its class with `args`, which is what `Exception.__init__` was given. One text was, and two arguments
are needed, so the driver hears of pickle and not of the missing forecast.

The design. Line and lock are globals of the module: each process has its own, opened when it is first needed,
and all clients in it share them. A client is then nearly nothing. What it has fetched stays where it was
fetched, so only the class's name travels.

    driver:  Client --- pickled: "Client", {} --->  worker:  Client --get--> _lock, _lines --> service
    driver:  ApiError <-- pickled: "ApiError", (404, "/x") --- worker

The price. A global that is opened at the first use is the right place for what each process needs once, and
the wrong one for what all processes share. The lines stay open as long as the workers live.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import ray
import service

_lock = threading.Lock()  # one of each in every process: a module is imported once there
_lines: list[service.Line] = []  # none or one


class ApiError(Exception):
    """The status was not 200. Pickle calls this class with what `Exception.__init__` got."""

    def __init__(self, status: int, path: str) -> None:
        super().__init__(status, path)
        self.status = status
        self.path = path

    def __str__(self) -> str:
        return f"{self.status} for {self.path}"


class Client:
    """Asks the service, on the line of the process that it is in.

    Attributes:
        texts: What this client fetched in this process, by path.
    """

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def get(self, path: str) -> str:
        """The text at this path."""
        status, text = request(path)
        if status != 200:
            raise ApiError(status, path)
        self.texts[path] = text
        return text

    def __getstate__(self) -> dict[str, Any]:
        return {"texts": {}}


def request(path: str) -> tuple[int, str]:
    """Ask on this process's line, one at a time; the first one opens it."""
    with _lock:
        if not _lines:
            _lines.append(service.connect())
        return _lines[0].request(path)


def fetch_all(client: Client, paths: Sequence[str]) -> list[str | ApiError]:
    """The text of each path, or its error."""
    found: list[str | ApiError] = []
    for ref in [fetch.remote(client, path) for path in paths]:
        try:
            found.append(ray.get(ref))
        except ApiError as error:
            found.append(error.cause)  # what was raised here is a RayTaskError too, and has the original
    return found


@ray.remote
def fetch(client: Client, path: str) -> str:
    """Ask in a worker, with the client that came along."""
    return client.get(path)
