"""Files that the grader writes, and the one sentence it says when it cannot."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from grader.errors import GraderError, GradingError, UsageError


@contextlib.contextmanager
def writing(path: Path, failure: type[GraderError] = GradingError) -> Iterator[None]:
    """Write within the block; if the system refuses, say which file and what to check.

    Args:
        path: The file that is written, or its folder.
        failure: The error to raise instead of the system's.

    Raises:
        GraderError: The system refused to write; its type is `failure`.
    """
    try:
        yield
    except OSError as error:
        raise failure(
            f"{path} cannot be written: {error.strerror or error}. "
            "Check that its folder exists, that you may write there, and that the disk is not full."
        ) from None


def write_for_user(path: Path, text: str) -> None:
    """Write text to a file that was named on the command line.

    Raises:
        UsageError: The file cannot be written.
    """
    with writing(path, UsageError):
        path.write_text(text, encoding="utf-8")
