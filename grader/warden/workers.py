"""Who is a worker of the cluster, as the kernel tells it: a child of the raylet that ran Ray's own script.

Ray's tables say it too, but a solution holds its cluster's token and can write to them: it can register its
driver, or a process that it has forked. Whose child a process is, it cannot choose, with one exception (see
SECURITY.md). So the raylet's children are looked at while they live, ten times a second, and are remembered.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Collection, Iterable
from pathlib import Path

import psutil

from grader.warden.lookout import Lookout

LOOK_INTERVAL_S = 0.1  # a worker shows its script for some 0.4 s, until it calls itself `ray::IDLE`
_SCRIPTS = ("default_worker.py", "setup_worker.py")


class Workers(Lookout):
    """Watches the raylet's children.

    Args:
        raylets: The processes whose children are workers.
        agents: Children of theirs that are none.
    """

    def __init__(self, raylets: Iterable[psutil.Process], agents: Collection[psutil.Process]) -> None:
        super().__init__(LOOK_INTERVAL_S)
        self._raylets = [raylet.pid for raylet in raylets]
        self._agents = {agent.pid for agent in agents}
        self._started: dict[int, bool] = {}  # every child seen by pid: whether it showed Ray's script
        self._lock = threading.Lock()

    def pids(self, registered: Collection[int]) -> list[int]:
        """Those that are or were workers.

        Args:
            registered: Whom Ray's own table calls a worker: decides about children of the raylet that had
                another name when they were first seen.
        """
        self._look()
        with self._lock:
            return [pid for pid, has_script in self._started.items() if has_script or pid in registered]

    def _look(self) -> None:
        with self._lock:
            now = {pid for raylet in self._raylets for pid in children_of(raylet)} - self._agents
            for pid in now:
                if not self._started.get(pid):
                    self._started[pid] = _shows_script(pid)


def children_of(pid: int) -> set[int]:
    """The pids of a process's children, in a fraction of a millisecond where the kernel lists them."""
    found: set[int] = set()
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(ProcessLookupError):
                found.update(map(int, (thread / "children").read_text(encoding="ascii").split()))
    except OSError:  # it is gone, or there is no such list
        with contextlib.suppress(psutil.Error):
            return {child.pid for child in psutil.Process(pid).children()}
    return found


def _shows_script(pid: int) -> bool:
    with contextlib.suppress(psutil.Error):
        return any(word.endswith(_SCRIPTS) for word in psutil.Process(pid).cmdline())
    return False
