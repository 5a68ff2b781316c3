"""A control group that limits how many processes and threads a side can have, where we may make one.

A fork bomb starts thousands of processes between two looks of the guard; the kernel refuses them at once.
Needs Linux and root, or a delegated group with the pids controller; either version of control groups will do.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

_REMOVE_TRIES = 20
_ROOT = Path("/sys/fs/cgroup")


class PidsGroup:
    """A group with a limit on processes and threads together.

    Args:
        folder: The group's folder below /sys/fs/cgroup.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def join(cls, name: str, most: int) -> PidsGroup | None:
        """Make a group and move this process, and so all that it starts, into it; None where that is refused.

        Args:
            name: The group's name: that of a side's folder.
            most: The limit on processes and threads, including the cluster's own.
        """
        for parent in own_groups("pids"):
            folder = parent / name
            try:
                folder.mkdir()
            except OSError:
                continue
            group = cls(folder)
            try:
                (folder / "pids.max").write_text(str(most), encoding="ascii")
                (folder / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")
            except OSError:
                group.remove()
                continue
            return group
        return None

    def leave(self) -> None:
        """Go back to the parent group and remove this one; everything else in it must have ended."""
        with contextlib.suppress(OSError):
            (self.folder.parent / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")
        self.remove()

    def remove(self) -> None:
        """Remove the group once it is empty."""
        remove_group(self.folder)


def remove_group(folder: Path) -> None:
    """Remove a group once it is empty: a process that has just ended stays in it for a moment."""
    for _ in range(_REMOVE_TRIES):
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return


def sweep_groups(name: str) -> None:
    """Remove the group of a side whose warden is gone."""
    for parent in own_groups("pids"):
        PidsGroup(parent / name).remove()


def own_groups(controller: str) -> list[Path]:
    """Where groups may be made that have a controller: this process's own group, in either version."""
    found = []
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers == "":
                found.append(_ROOT / path.lstrip("/"))
            elif controller in controllers.split(","):
                found.append(_ROOT / controller / path.lstrip("/"))
    return [folder for folder in found if folder.is_dir() and (folder / "cgroup.procs").is_file()]
