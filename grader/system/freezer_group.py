"""A control group that stops a side at once: between two signals, a chain of forks gets away.

Needs Linux and root, or a delegated group; either version of control groups will do. Where no group can be
made, `stop_all` sends signals until nothing moves, and says whether it got there.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from grader.system.pids_group import own_groups, remove_group
from grader.system.processes import is_moving, signal_all

FROZEN_WITHIN_S = 5.0
STOPPED_WITHIN_S = 5.0
_POLL_S = 0.002
_STILL_SCANS = 2  # in a row: a chain of forks is between two processes in one of them


class FreezerGroup:
    """A group whose processes stop and continue together.

    Args:
        folder: The group's folder below /sys/fs/cgroup.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._is_first_version = (folder / "freezer.state").exists()

    @classmethod
    def make(cls, name: str) -> FreezerGroup | None:
        """Make a group that is empty; None where that is refused.

        Args:
            name: The group's name: that of a side's folder.
        """
        for parent in own_groups("freezer"):
            folder = parent / name
            with contextlib.suppress(OSError):
                folder.mkdir()
                if any((folder / file).exists() for file in ("cgroup.freeze", "freezer.state")):
                    return cls(folder)
                folder.rmdir()
        return None

    def add(self, pid: int) -> None:
        """Move a process into the group, before it has started any other."""
        with contextlib.suppress(OSError):
            (self.folder / "cgroup.procs").write_text(str(pid), encoding="ascii")

    def pids(self) -> set[int]:
        """Its processes."""
        with contextlib.suppress(OSError):
            return set(map(int, (self.folder / "cgroup.procs").read_text(encoding="ascii").split()))
        return set()

    def freeze(self) -> bool:
        """Stop all of them; whether the kernel says that they stand."""
        self._write(frozen=True)
        deadline = time.monotonic() + FROZEN_WITHIN_S
        while not self._is_frozen():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
        return True

    def thaw(self) -> None:
        """Let all of them continue."""
        self._write(frozen=False)

    def kill_all(self) -> None:
        """Kill all of them at once: none can answer a death with a birth."""
        self.freeze()
        for pid in self.pids():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        self.thaw()  # in the first version, what is frozen does not die

    def remove(self) -> None:
        """Remove the group once it is empty."""
        self.thaw()
        remove_group(self.folder)

    def _write(self, *, frozen: bool) -> None:
        with contextlib.suppress(OSError):
            if self._is_first_version:
                state = "FROZEN" if frozen else "THAWED"
                (self.folder / "freezer.state").write_text(state, encoding="ascii")
            else:
                (self.folder / "cgroup.freeze").write_text(str(int(frozen)), encoding="ascii")

    def _is_frozen(self) -> bool:
        with contextlib.suppress(OSError):
            if self._is_first_version:
                return (self.folder / "freezer.state").read_text(encoding="ascii").strip() == "FROZEN"
            return "frozen 1" in (self.folder / "cgroup.events").read_text(encoding="ascii").splitlines()
        return False


def stop_all(find: Callable[[], list[psutil.Process]]) -> bool:
    """Send stop signals until two looks in a row find nothing that moves; whether it came to that.

    What has been stopped does not fork, so this ends soon unless processes that are not found in time start
    others, or continue those that were stopped.

    Args:
        find: Looks for what has to stand.
    """
    deadline, still = time.monotonic() + STOPPED_WITHIN_S, 0
    while still < _STILL_SCANS:
        moving = [process for process in find() if is_moving(process)]
        still = 0 if moving else still + 1
        signal_all(moving, signal.SIGSTOP)
        if time.monotonic() > deadline:
            return False
    return True


def sweep_group(name: str) -> None:
    """Let what a dead warden left frozen continue, so that it can end; remove the group if it is empty."""
    for parent in own_groups("freezer"):
        for folder in (parent / name / name, parent / name):
            if folder.is_dir():
                FreezerGroup(folder).thaw()
                with contextlib.suppress(OSError):
                    folder.rmdir()
