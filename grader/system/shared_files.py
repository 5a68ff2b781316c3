"""Memory in files that have no disk below them: memfd, `/dev/shm` and System V segments. It is in no heap."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection
from pathlib import Path

from grader.system.threads import folders

_FOLDER = Path("/dev/shm")  # noqa: S108 - it is what is looked at
_SEGMENTS = Path("/proc/sysvipc/shm")
_BLOCK_BYTES = 512

Inode = tuple[int, int]


def shared_files(pids: Collection[int]) -> dict[Inode, int]:
    """Bytes of the shared-memory files that processes have open, by device and inode (Linux).

    A process that keeps its memory private shows its files to root alone.
    """
    found: dict[Inode, int] = {}
    for pid in pids:
        for entry in _open_files(pid):
            with contextlib.suppress(OSError):
                if os.fspath(entry.readlink()).startswith(("/memfd:", f"{_FOLDER}/")):
                    _note(found, entry.stat())
    return found


def _open_files(pid: int) -> list[Path]:
    """What a process has open; where its first thread has ended, what another one has."""
    for folder in folders(pid):
        with contextlib.suppress(OSError):
            if entries := list((folder / "fd").iterdir()):
                return entries
    return []


def named_files() -> dict[Inode, int]:
    """Bytes of what this user has in `/dev/shm` and in System V segments, whether anyone uses it or not."""
    found: dict[Inode, int] = _segments()
    with contextlib.suppress(OSError):
        for entry in os.scandir(_FOLDER):
            with contextlib.suppress(OSError):
                if entry.is_file(follow_symlinks=False) and entry.stat().st_uid == os.getuid():
                    _note(found, entry.stat())
    return found


def _segments() -> dict[Inode, int]:
    """Bytes of this user's System V segments, by number: they belong to no device."""
    with contextlib.suppress(OSError, LookupError, ValueError):
        head, *lines = _SEGMENTS.read_text(encoding="ascii").splitlines()
        rows = [dict(zip(head.split(), map(int, line.split()), strict=True)) for line in lines]
        return {(-1, row["shmid"]): row["rss"] + row["swap"] for row in rows if row["cuid"] == os.getuid()}
    return {}


def _note(found: dict[Inode, int], seen: os.stat_result) -> None:
    found[seen.st_dev, seen.st_ino] = seen.st_blocks * _BLOCK_BYTES
