"""The world's socket: each connection speaks for the process that made it, and for no other.

The kernel names the process that connected (SO_PEERCRED), and a process can pass its connections on. So the
kernel is asked with every piece that arrives who sent it (SCM_CREDENTIALS, Linux): a connection that another
process writes to is treated as closed. The engine's own client makes a new one after a fork.
"""

from __future__ import annotations

import array
import contextlib
import os
import socket
import struct
from typing import Any

from grader.system.processes import peer_pid

_CREDENTIALS = struct.Struct("3i")  # pid, user, group


class Line(socket.socket):
    """A connection that has been accepted; asyncio reads it by `recv`."""

    __slots__ = ("_owner",)

    def watch(self) -> None:
        """From now on, have the kernel say who sends."""
        self._owner = peer_pid(self, 0)
        if hasattr(socket, "SO_PASSCRED"):
            self.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """What has arrived; nothing, as at the end, once another process than the owner sends."""
        if not hasattr(socket, "SO_PASSCRED"):
            return super().recv(bufsize, flags)
        received, attached, _, _ = self.recvmsg(bufsize, socket.CMSG_SPACE(_CREDENTIALS.size), flags)
        return received if self._is_the_owners(attached) else b""

    def _is_the_owners(self, attached: list[tuple[int, int, bytes]]) -> bool:
        senders = set()
        for level, kind, content in attached:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                _close_all(content)
            elif level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
                senders.add(_CREDENTIALS.unpack(content)[0])
        return senders <= {0, self._owner}  # 0: sent in the moment before `watch`


class Listener(socket.socket):
    """A listening Unix socket that accepts each connection as a `Line`."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(socket.AF_UNIX, socket.SOCK_STREAM)

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection and its address."""
        plain, address = super().accept()
        line = Line(plain.family, plain.type, plain.proto, fileno=plain.detach())
        line.setblocking(False)
        line.watch()
        return line, address


def _close_all(content: bytes) -> None:
    """Close descriptors that somebody sent along."""
    found = array.array("i")
    found.frombytes(content[: len(content) - len(content) % found.itemsize])
    for descriptor in found:
        with contextlib.suppress(OSError):
            os.close(descriptor)
