"""Reads bounded pieces of files that a solution may have put a pipe, a link or a terabyte in place of."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path


def size_of(path: Path) -> int | None:
    """Bytes of a plain file; None when it is none."""
    with contextlib.suppress(OSError):
        found = path.lstat()
        return found.st_size if stat.S_ISREG(found.st_mode) else None
    return None


def read_piece(path: Path, offset: int, max_bytes: int) -> str:
    """A piece of a plain file as text: see `read_bytes`."""
    return read_bytes(path, offset, max_bytes).decode(errors="replace")


def read_bytes(path: Path, offset: int, max_bytes: int) -> bytes:
    """A piece of a plain file, without following a link or waiting at a pipe; empty when it is none."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                file.seek(offset)
                return file.read(max_bytes)
    return b""
