"""Looks at a side from the warden, again and again, in a thread of its own."""

from __future__ import annotations

import abc
import threading


class Lookout(abc.ABC):
    """What the guard and the watch on workers have in common.

    Args:
        interval_s: How long to wait between two looks.
    """

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
        self._ended, self._rests = threading.Event(), threading.Event()
        self._looking = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True, name=type(self).__name__)

    def start(self) -> None:
        """Start looking."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking; waits for the look in progress."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def rest(self) -> None:
        """Look no more for now; waits for the look in progress."""
        self._rests.set()
        with self._looking:
            pass

    def go_on(self) -> None:
        """Look again."""
        self._rests.clear()

    def _run(self) -> None:
        while not self._ended.wait(self._interval_s):
            with self._looking:
                if not self._rests.is_set():
                    self._look()

    @abc.abstractmethod
    def _look(self) -> None:
        """Look once."""
