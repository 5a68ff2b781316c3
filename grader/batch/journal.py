"""The journal of a batch: what was asked for, and one line for each grading that has ended.

A line is on disk before anybody is told of it, so a driver that was killed loses nothing that was said.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from grader.batch.job import Graded, Key
from grader.errors import GradingError, UsageError
from grader.system.files import writing
from grader.system.json_lines import append_line, whole_lines

NAME = "journal.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was asked for; the first line.

    Args:
        folder: Where the submissions are.
        seed: Of the first grading of each submission; further ones count on from it.
        repeat: How often each submission is graded.
        only: Names of the behaviours to judge; None for all.
    """

    folder: str
    seed: int
    repeat: int
    only: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A grading that has ended.

    Args:
        sha256: Of what was graded.
        was_alone: Whether nothing else of the batch ran at the same time.
        document: The record without traces; None if nothing was judged.
        problem: Why nothing was judged.
        tries: How often it was started, as far as the driver knows.
    """

    who: str
    challenge: str
    repeat: int
    file: str
    sha256: str
    seed: int
    was_alone: bool
    document: dict[str, Any] | None
    problem: str
    node: str
    cpus: tuple[int, ...]
    seconds: float
    tries: int

    @classmethod
    def of(cls, graded: Graded, tries: int) -> Line:
        """What is written of a grading."""
        job = graded.job
        return cls(
            who=job.file.who,
            challenge=job.file.challenge,
            repeat=job.repeat,
            file=job.file.name,
            sha256=job.file.sha256,
            seed=job.seed,
            was_alone=job.is_alone,
            document=_without_traces(graded.document),
            problem=graded.problem,
            node=graded.node,
            cpus=graded.cpus,
            seconds=graded.seconds,
            tries=tries,
        )

    @property
    def key(self) -> Key:
        """Which grading it is."""
        return self.who, self.challenge, self.repeat


class Journal:
    """The journal in a folder of results. One driver at a time writes it.

    Args:
        results: The folder.

    Raises:
        UsageError: Another driver is writing it.
        GradingError: It does not start with what was asked for.
    """

    def __init__(self, results: Path) -> None:
        self.path = results / NAME
        first = next(whole_lines(self.path), {})
        if "order" not in first:
            raise GradingError(f"{self.path} is not the journal of a batch: its first line holds no order")
        order = dict(first["order"])
        order["only"] = None if order["only"] is None else tuple(order["only"])
        self.order = Order(**order)
        self._lock = _lock(self.path)

    @classmethod
    def create(cls, results: Path, order: Order) -> Journal:
        """Write the first line of a new one, which only its owner may read: it holds the seed.

        Raises:
            UsageError: The folder holds a batch already.
        """
        path = results / NAME
        if path.exists():
            raise UsageError(
                f"{results} holds a batch already. Give --resume to continue it, or another --out"
            )
        with writing(path, UsageError):
            results.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
        append_line(path, {"order": asdict(order)})
        return cls(results)

    def write(self, line: Line) -> None:
        """Add a grading; it is on disk when this returns."""
        append_line(self.path, {"graded": asdict(line)})

    def lines(self) -> Iterator[Line]:
        """All gradings that have ended, oldest first; one that was judged again has two lines."""
        for found in whole_lines(self.path):
            if "graded" in found:
                fields = found["graded"]
                yield Line(**(fields | {"cpus": tuple(fields["cpus"])}))

    def drop_if_empty(self) -> None:
        """Remove it if nothing was graded: a wrong option should not cost the folder."""
        if next(self.lines(), None) is None:
            self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let another driver have it."""
        with contextlib.suppress(OSError):
            os.close(self._lock)


def _lock(path: Path) -> int:
    file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    with contextlib.suppress(ImportError):
        import fcntl  # Windows has none

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            raise UsageError(
                f"{path.parent} is being written by another batch. Wait until it has ended."
            ) from None
    return file


def _without_traces(document: dict[str, Any] | None) -> dict[str, Any] | None:
    """Traces are most of a record, and are kept with it alone."""
    if document is None:
        return None
    races = [{k: v for k, v in race.items() if k != "traces"} for race in document["benchmark"]]
    return document | {"benchmark": races}
