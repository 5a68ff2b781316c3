"""Has a side stand still while the other one is timed, and says whether all of it does."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence

import psutil

from grader.system.freezer_group import FreezerGroup, stop_all
from grader.system.processes import signal_all
from grader.warden.lookout import Lookout


class Freezing:
    """Stops and continues the processes of one side.

    The kernel stops a group at once. Signals stop what has left the group, or all where no group can be made.

    Args:
        find: Finds every process of the side.
        group: Where the kernel stops them; None for signals alone.
    """

    def __init__(self, find: Callable[[], list[psutil.Process]], group: FreezerGroup | None) -> None:
        self._find, self._group = find, group
        self.is_on = False
        self.lookouts: Sequence[Lookout] = ()  # they look at what stands as often as at what moves

    def add(self, pid: int) -> None:
        """Have a process that has just been started stop with the others; what it starts follows it."""
        if self._group is not None:
            self._group.add(pid)

    def freeze(self) -> bool:
        """Stop every process where it stands; whether all are known to stand."""
        self.is_on = True
        in_group = self._group.pids() if self._group is not None and self._group.freeze() else set()
        stands = stop_all(lambda: [process for process in self._find() if process.pid not in in_group])
        for lookout in self.lookouts:
            lookout.rest()  # a solution can make a look as costly as it likes
        return stands

    def thaw(self) -> None:
        """Let every process continue."""
        self.is_on = False
        for lookout in self.lookouts:
            lookout.go_on()
        if self._group is not None:
            self._group.thaw()
        signal_all(self._find(), signal.SIGCONT)

    def kill_group(self) -> None:
        """Kill what is in the group."""
        if self._group is not None:
            self._group.kill_all()

    def leave(self) -> None:
        """Remove the group, once the side has ended."""
        if self._group is not None:
            self._group.remove()
