"""Looks at something again and again while something else is running."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

from grader.errors import GraderError

INTERVAL_S = 0.05


class Sampler:
    """Calls a function some twenty times a second, in a thread of the judge, until it is stopped.

    Args:
        take: Takes one sample; a `GraderError` costs only this sample.
    """

    def __init__(self, take: Callable[[], None]) -> None:
        self._take = take
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="sampler")
        self._thread.start()

    def stop(self) -> None:
        """Take no more samples; waits for the one in progress."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(GraderError):
                self._take()
            self._ended.wait(INTERVAL_S)
