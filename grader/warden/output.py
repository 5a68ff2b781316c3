"""Drains what a process prints, keeps the end of it and counts the rest: a flood costs nothing but time."""

from __future__ import annotations

import collections
import os
import threading
from typing import Any

OUTPUT_KEPT_BYTES = 64 * 1024


class Transcript:
    """The end of what was printed, and how much it was in all."""

    def __init__(self) -> None:
        self.total_bytes = 0
        self._kept: collections.deque[bytes] = collections.deque()
        self._kept_bytes = 0
        self._lock = threading.Lock()

    def add(self, chunk: bytes) -> None:
        """Append; of a flood only the end is kept."""
        with self._lock:
            self.total_bytes += len(chunk)
            self._kept.append(chunk)
            self._kept_bytes += len(chunk)
            while self._kept_bytes > OUTPUT_KEPT_BYTES and len(self._kept) > 1:
                self._kept_bytes -= len(self._kept.popleft())

    def tail(self) -> str:
        """The last words, at most OUTPUT_KEPT_BYTES of them."""
        return self.since(0)

    def since(self, total_bytes: int) -> str:
        """What came after so many bytes, as far as it is kept."""
        return self.news(total_bytes)[0].decode(errors="replace")

    def news(self, total_bytes: int) -> tuple[bytes, int]:
        """What came after so many bytes, as far as it is kept, and how much there is now in all."""
        with self._lock:
            total = self.total_bytes
            n_new = min(total - total_bytes, OUTPUT_KEPT_BYTES)
            kept = b"".join(self._kept)
        return kept[-n_new:] if n_new > 0 else b"", total


class Output:
    """Drains a process's output.

    Args:
        pipe: Where it comes from.
        transcript: Where it is kept as well.
    """

    def __init__(self, pipe: Any, transcript: Transcript | None = None) -> None:
        self._own, self._shared = Transcript(), transcript
        self._thread = threading.Thread(target=self._drain, args=(pipe,), daemon=True)
        self._thread.start()

    def _drain(self, pipe: Any) -> None:
        while chunk := os.read(pipe.fileno(), 65536):
            self._own.add(chunk)
            if self._shared is not None:
                self._shared.add(chunk)

    @property
    def total_bytes(self) -> int:
        """How much it printed."""
        return self._own.total_bytes

    def tail(self) -> str:
        """The last words, at most OUTPUT_KEPT_BYTES of them."""
        return self._own.tail()
