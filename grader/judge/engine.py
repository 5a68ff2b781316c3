"""Grades one solution: runs the judge over the hidden suite and makes a record of what it saw.

Callable as a function, so that a test, `verify`, or a Ray task on a larger cluster can use it.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from grader.catalogue.challenges import Challenge
from grader.catalogue.submission import Submission
from grader.errors import GradingError
from grader.judge.arena import Arena
from grader.judge.course import Course
from grader.judge.events import Listener
from grader.judge.fitness import check_shared_memory
from grader.judge.grading import Grading, GradingRequest
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
    is_shuffled: bool = False,
    course: Course | None = None,
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
        first: Names of behaviours to judge before the others of their stage.
        is_shuffled: Whether to judge in an order of its own, drawn from the seed, whatever the stages.
        course: Which stages to judge, and in which order; None for the whole suite.
        listen: Told of the run's progress: see `grader.judge.events`.
        keep: Given the record so far after each verdict.

    Raises:
        GraderError: Nothing was judged, through no fault of the solution.
        KeyboardInterrupt: The user interrupted; both sides are ended.
    """
    check_shared_memory(challenge)
    with contextlib.nullcontext(arena) if arena else contextlib.closing(Arena(challenge)) as used:
        assignment = GradingRequest(
            challenge=challenge,
            submission=submission,
            seed=new_seed() if seed is None else seed,
            arena=used,
            only=only,
            first=tuple(first),
            is_shuffled=is_shuffled,
            course=course,
            listen=listen,
            keep=keep,
        )
        grading = Grading(request=assignment)
        used.seat(submission)
        _run_suite(grading)
    if grading.failure is not None:
        raise grading.failure
    if not grading.reports.expected:
        raise GradingError(f"{challenge.suite_path} has no behaviour that could be collected")
    return grading.record()


def _run_suite(grading: Grading) -> None:
    """Run pytest in this process, on the suite alone: no conftest, plugin or option from outside."""
    arguments = [
        str(grading.request.challenge.suite_path),
        f"--rootdir={grading.request.challenge.folder}",
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
    _forget(grading.request.challenge.suite_path)
    with _without(_PYTEST_ENVIRONMENT), contextlib.redirect_stdout(said):
        status = pytest.main(arguments, plugins=[_HandOver(grading)])
    interrupted, collected = status == pytest.ExitCode.INTERRUPTED, bool(grading.reports.expected)
    if interrupted and collected and grading.failure is None:
        raise KeyboardInterrupt
    could_not_run = status in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.INTERNAL_ERROR)
    if could_not_run or (interrupted and not collected):
        raise GradingError(
            f"the suite of {grading.request.challenge.name} could not be run:\n{said.getvalue()}"
        )


def _forget(suite: Path) -> None:
    """Have pytest import a suite again: it names modules by path below the challenge, the same for all."""
    for name, module in list(sys.modules.items()):
        found = getattr(module, "__file__", None) or ""
        if Path(found).name == suite.name and Path(found).parent.name == suite.parent.name:
            del sys.modules[name]


@contextlib.contextmanager
def _without(names: tuple[str, ...]) -> Iterator[None]:
    """Run the block without some environment variables."""
    kept = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(kept)
