"""Grades one solution: runs the judge over the hidden suite and makes a record of what it saw.

Callable as a function, so that a test, `verify`, or a Ray task on a larger cluster can use it.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from grader.catalogue.challenges import Challenge
from grader.catalogue.submission import Submission
from grader.errors import GradingError
from grader.judge.arena import Arena
from grader.judge.events import Listener
from grader.judge.grading import Assignment, Grading
from grader.judge.plugin import GRADING, new_seed
from grader.judge.record import Record

# Set by a pytest around this one; the last switches pytest-benchmark off.
_PYTEST_ENVIRONMENT = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_CURRENT_TEST", "PYTEST_XDIST_WORKER")


class _HandOver:
    """Puts the grading where the judge finds it."""

    def __init__(self, grading: Grading) -> None:
        self._grading = grading

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[GRADING] = self._grading


def grade(
    challenge: Challenge,
    submission: Submission,
    *,
    seed: int | None = None,
    arena: Arena | None = None,
    only: frozenset[str] | None = None,
    first: Sequence[str] = (),
    listen: Listener | None = None,
    keep: Callable[[Record], None] | None = None,
) -> Record:
    """Judge one solution.

    Args:
        challenge: What is judged.
        submission: The solution.
        seed: Where the run's inputs come from; None draws a new one.
        arena: A warm arena to use and leave running; None starts one and ends it.
        only: Names of the behaviours to judge; None for all.
        first: Names of behaviours to judge before the others.
        listen: Told of the run's progress: see `grader.judge.events`.
        keep: Given the record so far after each verdict.

    Raises:
        GraderError: Nothing was judged, through no fault of the solution.
        KeyboardInterrupt: The user interrupted; both sides are ended.
    """
    check_shared_memory(challenge)
    own = Arena(challenge) if arena is None else None
    used = arena or own
    assert used is not None
    grading = Grading(
        asked=Assignment(
            challenge=challenge,
            submission=submission,
            seed=new_seed() if seed is None else seed,
            arena=used,
            only=only,
            first=tuple(first),
            listen=listen,
            keep=keep,
        )
    )
    try:
        used.seat(submission)
        _run_suite(grading)
    finally:
        if own is not None:
            own.close()
    if grading.failure is not None:
        raise grading.failure
    if not grading.reports.expected:
        raise GradingError(f"{challenge.suite_path} has no behaviour that could be collected")
    return grading.record()


def _run_suite(grading: Grading) -> None:
    """Run pytest in this process, on the suite alone: no conftest, plugin or option from outside."""
    arguments = [
        str(grading.asked.challenge.suite_path),
        f"--rootdir={grading.asked.challenge.folder}",
        f"--config-file={Path(__file__).parent / 'judge.ini'}",
        "--import-mode=importlib",
        "--noconftest",
        "--disable-plugin-autoload",
        "-p", "grader.judge.plugin",
        "-p", "pytest_benchmark.plugin",
        "-p", "no:cacheprovider",
        "--assert=plain",
        "--benchmark-disable-gc",
        "--capture=no",  # other threads print in the meantime
        "-q",
    ]  # fmt: skip
    said = io.StringIO()
    _forget(grading.asked.challenge.suite_path)
    with _without(_PYTEST_ENVIRONMENT), contextlib.redirect_stdout(said):
        status = pytest.main(arguments, plugins=[_HandOver(grading)])
    if status == pytest.ExitCode.INTERRUPTED and grading.failure is None and not _stopped_early(grading):
        raise KeyboardInterrupt
    if status in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.INTERNAL_ERROR) or (
        status == pytest.ExitCode.INTERRUPTED and not grading.reports.expected
    ):
        raise GradingError(
            f"the suite of {grading.asked.challenge.name} could not be run:\n{said.getvalue()}"
        )


def _forget(suite: Path) -> None:
    """Have pytest import a suite again: it names modules by path below the challenge, the same for all."""
    for name, module in list(sys.modules.items()):
        found = getattr(module, "__file__", None) or ""
        if Path(found).name == suite.name and Path(found).parent.name == suite.parent.name:
            del sys.modules[name]


def _stopped_early(grading: Grading) -> bool:
    return not grading.reports.expected


@contextlib.contextmanager
def _without(names: tuple[str, ...]) -> Iterator[None]:
    """Run the block without some environment variables."""
    kept = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)


def check_shared_memory(challenge: Challenge, free_bytes: Callable[[], int | None] | None = None) -> None:
    """Ray's object stores have to fit in shared memory, or they spill to disk and speed means nothing.

    Raises:
        GradingError: They do not; the message says how much is needed and how to get it.
    """
    free = (free_bytes or _shared_memory_free)()
    needed = challenge.shared_memory_bytes
    if free is not None and free < needed:
        raise GradingError(
            f"Shared memory (/dev/shm) has {free / 1e6:.0f} MB free; grading {challenge.name} needs "
            f"{needed / 1e6:.0f} MB for two object stores. In Docker, start the container with "
            "--shm-size=2g; otherwise free some space there."
        )


def _shared_memory_free() -> int | None:
    """Free bytes of shared memory; None where it is not a folder (macOS)."""
    if not sys.platform.startswith("linux") or not Path("/dev/shm").is_dir():  # noqa: S108
        return None
    return shutil.disk_usage("/dev/shm").free  # noqa: S108
