"""Finds a check that failed in Ray's own code and ended a process of the side: what Ray wrote before it left.

Ray (2.60) ends a process whose check fails with status 1 and no signal. Before that it writes a record of
severity C and a stack, to standard error and to the process's own log in the session's folder. Only that log
is read: what a solution prints, and a signal that it raises, say nothing about Ray.

The log is no proof either. A solution can write to it, or make a check fail by using Ray's private parts:
nothing in a process is out of reach for what runs in it. So what is found here never improves a verdict; it
earns one more trial, and `grader.judge.retrial` sees to it that a trial is no gain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from grader.warden.plain_file import read_piece, size_of

FAILED_CHECK_STATUS = 1
_TAIL_BYTES = 64 * 1024  # a stack is 5 to 20 KB long
_SHOWN = 240
_RECORD = re.compile(
    r"^\[\d{4}-\d\d-\d\d [^\]]* C (?P<pid>\d+) \d+\] (?P<where>[\w.]+:\d+): .*?(?P<what>Check failed: .*)\n"
    r"(?:.*\n)??\*\*\* StackTrace Information \*\*\*$",
    re.MULTILINE,
)
_WORKERS_PID = re.compile(r"_(\d+)\.log$")


def failed_check(log: str, pid: int) -> str:
    """The check that ended a process, as "file:line: Check failed: …"; empty if none did.

    Args:
        log: The end of the process's log.
        pid: The process: records of others, copied or not, do not count.
    """
    for found in _RECORD.finditer(log):
        if int(found["pid"]) == pid:
            return f"{found['where']}: {found['what']}"[:_SHOWN].rstrip()
    return ""


class RayLogs:
    """The logs that Ray's own code writes in the processes of one side.

    Args:
        folder: Ray's temporary folder.
    """

    def __init__(self, folder: Path) -> None:
        self._logs = folder / "session_latest" / "logs"

    def of_driver(self, pid: int) -> str:
        """The check that ended a driver: see `failed_check`."""
        paths = self._logs.glob(f"python-core-driver-*_{pid}.log")
        return next((found for path in paths if (found := failed_check(_tail(path), pid))), "")

    def of_workers(self, since_s: float, until_s: float) -> Iterator[tuple[int, str]]:
        """The checks that ended workers, with their processes.

        Args:
            since_s: Epoch seconds; logs that were last written to before then are left out.
            until_s: Likewise those that were written to after then.
        """
        for path in sorted(self._logs.glob("python-core-worker-*.log")):
            named = _WORKERS_PID.search(path.name)
            if named is None or not since_s <= _written_s(path) <= until_s:
                continue
            if found := failed_check(_tail(path), pid := int(named[1])):
                yield pid, found


def _tail(path: Path) -> str:
    n_bytes = size_of(path) or 0
    return read_piece(path, max(n_bytes - _TAIL_BYTES, 0), _TAIL_BYTES)


def _written_s(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except OSError:
        return 0.0
