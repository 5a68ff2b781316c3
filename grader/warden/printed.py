"""What a solution prints, in its driver and in its Ray workers: how much there was, and what came since then.

Workers write to files below Ray's session folder; the lines that Ray itself puts there are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from grader.warden.output import Transcript
from grader.warden.plain_file import read_piece, size_of

WORKERS_READ_BYTES = 16 * 1024
MAX_FILES = 500
# Ray names the job, task or actor of what follows, and logs in C++ and in Python.
_RAYS_OWN = re.compile(
    r":(job_id|task_name|actor_name):"
    r"|\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ [A-Z] \d+"
    r"|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+\t[A-Z]+ "
)


class Printed:
    """What is printed on one side.

    Args:
        folder: Ray's temporary folder.
    """

    def __init__(self, folder: Path) -> None:
        self.driver = Transcript()
        self._logs = folder / "session_latest" / "logs"

    def mark(self) -> dict[str, int]:
        """How much there is now: bytes by worker's file, and the driver's under the empty name."""
        return {"": self.driver.total_bytes} | {path.name: n for path, n in self._files().items()}

    def since(self, mark: Mapping[str, int]) -> str:
        """What was printed after a mark; of a flood, the driver's end and the start of the workers'."""
        parts, left_bytes = [self.driver.since(mark.get("", 0))], WORKERS_READ_BYTES
        for path, n_bytes in self._files().items():
            offset = mark.get(path.name, 0)
            if n_bytes > offset and left_bytes > 0:
                piece = read_piece(path, offset, left_bytes)
                left_bytes -= len(piece)
                parts.append("\n".join(line for line in piece.splitlines() if not _RAYS_OWN.match(line)))
        return "\n".join(part.rstrip("\n") for part in parts if part.strip())

    def _files(self) -> dict[Path, int]:
        """The workers' files with their sizes, in the order of their names."""
        paths = sorted(self._logs.glob("worker-*.out")) + sorted(self._logs.glob("worker-*.err"))
        sizes = {path: size_of(path) for path in paths[:MAX_FILES]}
        return {path: n for path, n in sizes.items() if n is not None}
