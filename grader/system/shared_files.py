"""Memory in files that have no disk below them. It is in no process's heap.

Such a file is a memfd, lies in `/dev/shm`, belongs to a shared mapping without a name, or is a segment of
System V. It lives as long as it has a name, a descriptor or a mapping: so all three are looked at.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Collection, Iterator
from pathlib import Path

_FOLDER = Path("/dev/shm")  # noqa: S108 - it is what is looked at
_SEGMENTS = Path("/proc/sysvipc/shm")
_OF_MEMORY = (f"{_FOLDER}/", "/memfd:", "/dev/zero (deleted)", "/SYSV")  # how `maps` calls them
_BLOCK_BYTES = 512

Inode = tuple[int, int]


def shared_files(pids: Collection[int]) -> dict[Inode, int]:
    """Bytes of the shared-memory files that processes have open or mapped, by device and inode (Linux).

    Of what is only mapped, the mappings' whole length counts: a page that a process lets go of stays in the
    file. A process that keeps its memory private shows its files to root alone.
    """
    found: dict[Inode, int] = {}
    mapped: dict[Inode, int] = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            for entry in Path(f"/proc/{pid}/fd").iterdir():
                with contextlib.suppress(OSError):
                    if os.fspath(entry.readlink()).startswith(_OF_MEMORY):
                        _note(found, entry.stat())
        with contextlib.suppress(OSError):
            for inode, end in _mappings(Path(f"/proc/{pid}/maps").read_text(errors="replace")):
                mapped[inode] = max(end, mapped.get(inode, 0))
    return mapped | found


def _mappings(maps: str) -> Iterator[tuple[Inode, int]]:
    """The file of each shared mapping of memory, and how far into the file it reaches."""
    for line in maps.splitlines():
        span, rights, offset, device, inode, *name = line.split(maxsplit=5)
        if rights.endswith("s") and name and name[0].startswith(_OF_MEMORY):
            start, end = (int(part, 16) for part in span.split("-"))
            major, minor = (int(part, 16) for part in device.split(":"))
            yield (os.makedev(major, minor), int(inode)), end - start + int(offset, 16)


def named_files() -> dict[Inode, int]:
    """Bytes of this user's files in `/dev/shm` and segments of System V, whether anyone has them or not."""
    found = _segments()
    with contextlib.suppress(OSError):
        for entry in os.scandir(_FOLDER):
            with contextlib.suppress(OSError):
                if entry.is_file(follow_symlinks=False) and entry.stat().st_uid == os.getuid():
                    _note(found, entry.stat())
    return found


def _segments() -> dict[Inode, int]:
    """The System V segments of this user; as inodes of `maps`, they have their numbers."""
    found: dict[Inode, int] = {}
    with contextlib.suppress(OSError, ValueError, KeyError):
        head, *rows = _SEGMENTS.read_text(encoding="ascii").splitlines()
        for row in rows:
            segment = dict(zip(head.split(), map(int, row.split()), strict=True))
            if segment["uid"] == os.getuid():
                found[_kernels_device(), segment["shmid"]] = segment["rss"]
    return found


@functools.cache
def _kernels_device() -> int:
    """The device of files that the kernel itself makes in memory."""
    descriptor = os.memfd_create("kata")
    try:
        return os.fstat(descriptor).st_dev
    finally:
        os.close(descriptor)


def _note(found: dict[Inode, int], seen: os.stat_result) -> None:
    found[seen.st_dev, seen.st_ino] = seen.st_blocks * _BLOCK_BYTES
