"""Attaches this terminal to `breakpoint()` in a side's driver: see `grader.inside.kata_debugger`.

What is typed goes to the driver line by line; what the debugger says is shown without what moves a cursor.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import sys
import threading
from collections.abc import Iterator
from typing import TextIO

from grader.side.side import Side
from grader.words import printable

_CHUNK_BYTES = 65536
_SOCKET = "debug.sock"


@contextlib.contextmanager
def attached(side: Side) -> Iterator[None]:
    """Relay between this process's input and output and the driver's debugger while the block runs."""
    path = side.warden.folder.root / _SOCKET
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(os.fspath(path))
        listener.listen(1)
        side.ask_driver("debug", path=os.fspath(path))
        relay = Relay(listener, _input_number(), sys.stderr)
        try:
            yield
        finally:
            relay.stop()
            path.unlink(missing_ok=True)


def _input_number() -> int | None:
    """The descriptor of what is typed; None when there is nothing of the kind."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return sys.stdin.fileno()
    return None


class Relay:
    """Passes on what is typed and what the debugger says, from a thread of its own.

    Nothing is read from the input before the driver has stopped for the first time.

    Args:
        listener: Where the driver's debugger connects.
        typed: Descriptor of the input; None for none.
        shown: Where the debugger's words go.
    """

    def __init__(self, listener: socket.socket, typed: int | None, shown: TextIO) -> None:
        self._listener, self._typed, self._shown = listener, typed, shown
        self._stopping, self._stop = os.pipe()
        self._thread = threading.Thread(target=self._run, daemon=True, name="debugger")
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        os.close(self._stop)
        self._thread.join()
        os.close(self._stopping)

    def _run(self) -> None:
        if self._listener not in self._ready([self._listener]):
            return
        driver, _ = self._listener.accept()
        with driver, contextlib.suppress(OSError):
            while self._pass_on(driver):
                pass

    def _pass_on(self, driver: socket.socket) -> bool:
        """Pass on one piece in either direction; False when the driver has hung up, or it is time to stop."""
        ready = self._ready([driver] if self._typed is None else [driver, self._typed])
        if driver in ready:
            said = driver.recv(_CHUNK_BYTES)
            self._shown.write(printable(said.decode(errors="replace")))
            self._shown.flush()
            if not said:
                return False
        if self._typed is not None and self._typed in ready:
            line = os.read(self._typed, _CHUNK_BYTES)
            if line:
                driver.sendall(line)
            else:  # the end of the input ends the debugger
                self._typed = None
                driver.shutdown(socket.SHUT_WR)
        return bool(ready)

    def _ready(self, sources: list[socket.socket | int]) -> list[socket.socket | int]:
        """Wait for one of the sources; none of them when it is time to stop."""
        ready: list[socket.socket | int] = select.select([*sources, self._stopping], [], [])[0]
        return [] if self._stopping in ready else ready
