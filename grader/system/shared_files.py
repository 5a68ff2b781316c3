"""Memory in files that have no disk below them. It is in no process's heap.

Such a file is a memfd, lies in `/dev/shm` or another file system in memory, belongs to a shared mapping
without a name, or is a segment of System V. It lives as long as it has a name, a descriptor or a mapping: so
all three are looked at. Of file systems other than `/dev/shm` that this user may write to, all that is used
counts.
"""

from __future__ import annotations

import contextlib
import functools
import os
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

from grader.system.threads import folders

_FOLDER = Path("/dev/shm")  # noqa: S108 - it is what is looked at
_SEGMENTS = Path("/proc/sysvipc/shm")
_MOUNTS = Path("/proc/mounts")
_IN_MEMORY = frozenset({"tmpfs", "devtmpfs", "ramfs"})
# How `maps` calls them.
_OF_MEMORY = (f"{_FOLDER}/", "/memfd:", "/dev/zero (deleted)", "/SYSV", "/secretmem", "/anon_hugepage")
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
        for entry in _open_files(pid):
            with contextlib.suppress(OSError):
                if os.fspath(entry.readlink()).startswith(_OF_MEMORY):
                    _note(found, entry.stat())
        for inode, end in _mappings(_maps(pid)):
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


def _open_files(pid: int) -> list[Path]:
    """What a process has open; where its first thread has ended, what another one has."""
    for folder in folders(pid):
        with contextlib.suppress(OSError):
            if entries := list((folder / "fd").iterdir()):
                return entries
    return []


def _maps(pid: int) -> str:
    """What a process has mapped; where its first thread has ended, what another one has: it is the same."""
    for folder in folders(pid):
        with contextlib.suppress(OSError):
            if text := (folder / "maps").read_text(errors="replace"):
                return text
    return ""


def named_files() -> dict[Inode, int]:
    """Bytes of what lives without anybody: files in `/dev/shm`, segments of System V, other file systems."""
    found = _segments() | _file_systems()
    with contextlib.suppress(OSError):
        for entry in os.scandir(_FOLDER):
            with contextlib.suppress(OSError):
                if entry.is_file(follow_symlinks=False) and entry.stat().st_uid == os.getuid():
                    _note(found, entry.stat())
    return found


def _file_systems() -> dict[Inode, int]:
    """What is used of each file system in memory, but for `/dev/shm` and the one where files usually go."""
    found: dict[Inode, int] = {}
    with contextlib.suppress(OSError):
        known = {folder.stat().st_dev for folder in (_FOLDER, Path(tempfile.gettempdir()))}
        for line in _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines():
            _, folder, kind, *_ = line.split()
            if kind not in _IN_MEMORY or not os.access(folder, os.W_OK):
                continue
            with contextlib.suppress(OSError):
                if (device := Path(folder).stat().st_dev) not in known:
                    seen = os.statvfs(folder)
                    found[device, 0] = (seen.f_blocks - seen.f_bfree) * seen.f_frsize
    return found


def _segments() -> dict[Inode, int]:
    """The System V segments of this user; as inodes of `maps`, they have their numbers."""
    found: dict[Inode, int] = {}
    with contextlib.suppress(OSError, ValueError, KeyError):
        head, *rows = _SEGMENTS.read_text(encoding="ascii").splitlines()
        for row in rows:
            segment = dict(zip(head.split(), map(int, row.split()), strict=True))
            if segment["cuid"] == os.getuid():
                found[_kernels_device(), segment["shmid"]] = segment["rss"] + segment["swap"]
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
