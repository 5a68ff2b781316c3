"""The folder of results: records, the table and the pages, all drawn from the journal."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from grader.batch.job import Graded, Key
from grader.batch.journal import Line
from grader.batch.rows import Row, row_of, to_csv
from grader.system.files import writing

TABLE = "results.csv"


class Results:
    """What a batch leaves behind.

    Args:
        folder: Where it lies.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, graded: Graded) -> None:
        """Keep a record, with traces; it is on disk when this returns.

        Raises:
            GradingError: It cannot be written.
        """
        if graded.document is not None:
            path = self._record(graded.job.key, was_alone=graded.job.is_alone)
            write_whole(path, json.dumps(graded.document, allow_nan=False))

    def record_of(self, line: Line) -> dict[str, Any]:
        """The record of a grading with its traces; without them if its file is gone."""
        path = self._record(line.key, was_alone=line.was_alone)
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return line.document or {}
        return found

    def write_table(self, lines: Sequence[Line]) -> list[Row]:
        """Write results.csv; returns its rows.

        Raises:
            GradingError: It cannot be written.
        """
        rows = [row_of(line) for line in lines]
        write_whole(self.folder / TABLE, to_csv(rows))
        return rows

    def _record(self, key: Key, *, was_alone: bool) -> Path:
        who, challenge, repeat = key
        alone = "-alone" if was_alone else ""
        return self.folder / "records" / challenge / f"{file_name(who)}-{repeat}{alone}.json"


def file_name(who: str) -> str:
    """A name for files about somebody: readable, and another one for everybody, whatever they are called."""
    readable = re.sub(r"[^\w.-]+", "_", who)[:40].strip("._") or "nobody"
    return f"{readable}-{sha256(who.encode()).hexdigest()[:8]}"


def write_whole(path: Path, text: str) -> None:
    """Write a file that is there whole or not at all.

    Raises:
        GradingError: It cannot be written.
    """
    part = path.with_name(f".{path.name}.part")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
