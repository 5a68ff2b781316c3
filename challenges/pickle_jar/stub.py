"""Asks the tide service for forecasts, on Ray workers."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import ray
import service


class ApiError(Exception):
    """The service did not answer with status 200."""

    def __init__(self, status: int, path: str) -> None:
        super().__init__(f"{status} for {path}")
        self.status = status
        self.path = path


class Client:
    """Asks the service; threads may share it."""

    def __init__(self) -> None:
        self.line = service.connect()
        self.lock = threading.Lock()
        self.texts: dict[str, str] = {}

    def get(self, path: str) -> str:
        """The text at this path."""
        with self.lock:
            status, text = self.line.request(path)
        if status != 200:
            raise ApiError(status, path)
        self.texts[path] = text
        return text


@ray.remote
def fetch(path: str) -> str:
    return Client().get(path)  # a client cannot be pickled


def fetch_all(client: Client, paths: Sequence[str]) -> list[str | ApiError]:
    """The text of each path, or its error."""
    found: list[str | ApiError] = []
    for ref in [fetch.remote(path) for path in paths]:
        try:
            found.append(ray.get(ref))
        except ApiError as error:
            found.append(error)
    return found
