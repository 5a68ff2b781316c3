"""A file of JSON objects, one on each line, that only grows and survives a crash: for journals."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from grader.system.files import writing


def whole_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The lines that can be read, one after the other: a crash may have cut one off."""
    with path.open("rb") as file:
        for text in file:
            try:
                line = json.loads(text)
            except ValueError:
                continue
            if isinstance(line, dict):
                yield line


def append_line(path: Path, line: dict[str, Any]) -> None:
    """Add a line; it is on disk when this returns.

    Raises:
        GradingError: It cannot be written.
    """
    text = json.dumps(line, ensure_ascii=False) + "\n"
    with writing(path), path.open("a+b") as file:
        if not _ends_with_a_whole_line(file):
            text = "\n" + text
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())


def _ends_with_a_whole_line(file: BinaryIO) -> bool:
    """Whether the next line can simply follow; after a crash the last one may lack its end."""
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"
