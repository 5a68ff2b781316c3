"""Connects `breakpoint()` in the driver to a terminal at the judge, when `grade.py try --debug` asks for it.

The debugger talks over a Unix socket, because a driver has no terminal of its own. In Ray's workers
`breakpoint()` stays what it is there.

This module is copied into every side and imported there by itself: it must not import the grader.
"""

import functools
import pdb  # noqa: T100 - this is what it is for
import socket
import sys
from typing import Any


def install(path: str) -> None:
    """From now on, have `breakpoint()` connect to the socket at `path` and stop there."""
    sys.breakpointhook = functools.partial(_stop, _Terminal(path))


class _Terminal:
    """A debugger whose connection is made at the first stop, and lasts as long as the driver.

    Args:
        path: Of the socket.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._debugger: pdb.Pdb | None = None

    def debugger(self) -> pdb.Pdb:
        """The debugger, connected."""
        if self._debugger is None:
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            sock.connect(self._path)
            # Two streams: one for both directions drops what it has read ahead whenever it writes.
            typed = sock.makefile("r", encoding="utf-8", errors="replace")
            shown = sock.makefile("w", encoding="utf-8", errors="replace")
            self._debugger = pdb.Pdb(stdin=typed, stdout=shown, nosigint=True)
        return self._debugger


def _stop(terminal: _Terminal, *_args: Any, **_kwargs: Any) -> None:
    terminal.debugger().set_trace(sys._getframe(1))  # noqa: SLF001 - as `breakpoint()` itself does
