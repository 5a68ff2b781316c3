"""The folder of results: records, the table and the pages, all drawn from the journal."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from grader.batch.alike import equal, near
from grader.batch.class_page import render_class
from grader.batch.job import Graded, HandedIn, Key
from grader.batch.journal import Line
from grader.batch.rows import Row, row_of, to_csv
from grader.catalogue.challenges import Challenge
from grader.report.attempts import attempt_of
from grader.report.page import render
from grader.system.files import writing
from grader.words import printable

TABLE = "results.csv"
CLASS_PAGE = "class.html"
STUDENTS = "students"
RECORDS = "records"


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

    def write_pages(
        self,
        lines: Sequence[Line],
        files: Sequence[HandedIn],
        challenges: Sequence[Challenge],
        seed: int,
    ) -> None:
        """Write the teacher's page, and one page for each person.

        Args:
            lines: The gradings that count.
            files: The submissions, to be compared with each other.
            challenges: Those that were graded.
            seed: Of the batch.

        Raises:
            GradingError: They cannot be written.
        """
        by_person: dict[str, list[Line]] = {}
        for line in lines:
            by_person.setdefault(line.who, []).append(line)
        pages = {who: f"{STUDENTS}/{file_name(who)}.html" for who in by_person}
        for who, own in by_person.items():
            write_whole(self.folder / pages[who], self._student_page(who, own, challenges))
        stubs = {challenge.name: challenge.stub_path.read_bytes() for challenge in challenges}
        html = render_class(
            [row_of(line) for line in lines],
            seed=seed,
            equal=equal(files),
            near=near(files, stubs),
            pages=pages,
        )
        write_whole(self.folder / CLASS_PAGE, html)

    def _student_page(self, who: str, lines: Sequence[Line], challenges: Sequence[Challenge]) -> str:
        """What was seen of one person's solutions and why: what `grade.py report` would show them."""
        judged = [line for line in lines if line.document is not None]
        attempts = [attempt_of(self.record_of(line), Path(line.file)) for line in judged]
        heading = printable(who) if attempts else f"{printable(who)}: nothing was judged"
        return render(challenges, attempts, heading=heading)

    def _record(self, key: Key, *, was_alone: bool) -> Path:
        who, challenge, repeat = key
        alone = "-alone" if was_alone else ""
        return self.folder / RECORDS / challenge / f"{file_name(who)}-{repeat}{alone}.json"


def file_name(who: str) -> str:
    """A readable file name for a person, different for each, whatever they are called."""
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
