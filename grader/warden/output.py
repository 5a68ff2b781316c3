"""Drains what a process prints, keeps the end of it and counts the rest: a flood costs nothing but time."""

from __future__ import annotations

import collections
import os
import threading
from typing import Any

OUTPUT_KEPT_BYTES = 64 * 1024


class Output:
    """Drains a process's output; keeps its end and counts the rest."""

    def __init__(self, pipe: Any) -> None:
        self.total_bytes = 0
        self._kept: collections.deque[bytes] = collections.deque()
        self._kept_bytes = 0
        self._thread = threading.Thread(target=self._drain, args=(pipe,), daemon=True)
        self._thread.start()

    def _drain(self, pipe: Any) -> None:
        while chunk := os.read(pipe.fileno(), 65536):
            self.total_bytes += len(chunk)
            self._kept.append(chunk)
            self._kept_bytes += len(chunk)
            while self._kept_bytes > OUTPUT_KEPT_BYTES and len(self._kept) > 1:
                self._kept_bytes -= len(self._kept.popleft())

    def tail(self) -> str:
        """The end of the output, at most OUTPUT_KEPT_BYTES of it."""
        return b"".join(list(self._kept)).decode(errors="replace")[-OUTPUT_KEPT_BYTES:]
