"""What a solution prints, in its driver and in its Ray workers: how much there was, and what came since then.

Workers write to files below Ray's session folder; the lines that Ray itself puts there are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from grader.warden.output import Transcript
from grader.warden.plain_file import read_bytes, read_piece, size_of

WORKERS_READ_BYTES = 16 * 1024
MAX_FILES = 500
DRIVER = 0  # in place of a worker's pid
# Ray names the job, task or actor of what follows, and logs in C++ and in Python.
_PID = re.compile(r"-(\d+)\.(?:out|err)$")
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

    def news(
        self, mark: Mapping[str, int], *, to_the_end: bool
    ) -> tuple[list[tuple[int, str]], dict[str, int]]:
        """What was printed after a mark, by process, and the mark for the next time.

        Args:
            mark: Of the last time.
            to_the_end: Also give lines that have not ended yet.

        Returns:
            Pieces of text with the pid of the worker that printed it, 0 for the driver; and the new mark.
        """
        after, pieces = dict(mark), []
        new, total = self.driver.news(mark.get("", 0))
        if said := _lines(new, to_the_end=to_the_end):
            after[""] = total - len(new) + len(said)
            pieces.append((DRIVER, said.decode(errors="replace")))
        for path, n_bytes in self._files().items():
            offset = mark.get(path.name, 0)
            if n_bytes <= offset:
                continue
            said = _lines(read_bytes(path, offset, WORKERS_READ_BYTES), to_the_end=to_the_end)
            after[path.name] = offset + len(said)
            own = [line for line in said.decode(errors="replace").splitlines() if not _RAYS_OWN.match(line)]
            if own:
                found = _PID.search(path.name)
                pieces.append((int(found[1]) if found else -1, "\n".join(own) + "\n"))
        return pieces, after

    def _files(self) -> dict[Path, int]:
        """The workers' files with their sizes, in the order of their names."""
        paths = sorted(self._logs.glob("worker-*.out")) + sorted(self._logs.glob("worker-*.err"))
        sizes = {path: size_of(path) for path in paths[:MAX_FILES]}
        return {path: n for path, n in sizes.items() if n is not None}


def _lines(piece: bytes, *, to_the_end: bool) -> bytes:
    """The lines of a piece that have ended; all of it if asked for, or if no line of it ever ends."""
    n_whole = piece.rfind(b"\n") + 1
    return piece if to_the_end or (not n_whole and len(piece) >= WORKERS_READ_BYTES) else piece[:n_whole]
