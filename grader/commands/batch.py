"""The verb batch: grades many solutions, here or on a Ray cluster."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from grader.catalogue.challenges import Challenge, challenge_names, find_challenge
from grader.commands.interruption import interruptible
from grader.commands.options import require_known
from grader.commands.prerequisites import need_ray
from grader.errors import EXIT_GRADER, EXIT_PASSED, GraderError, UsageError
from grader.mock.in_progress import refuse_during_mock
from grader.report.terminal import say
from grader.words import counted, printable

if TYPE_CHECKING:
    from grader.batch.journal import Journal
    from grader.batch.pool import Pool
    from grader.batch.results import Results
    from grader.batch.submissions import Found

PACKAGES = ("auto", "uv", "pip", "no")
Packages = Annotated[str, typer.Option(help="How nodes get what they lack: auto, uv, pip or no.")]
Only = Annotated[list[str] | None, typer.Option("--only", help="Judge only this behaviour; may be repeated.")]


def batch(
    folder: Annotated[
        Path, typer.Argument(help="Holds <who>/<challenge>.py or <challenge>/<who>.py; may be a zip.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the results.")],
    challenge: Annotated[
        list[str] | None, typer.Option("--challenge", help="Grade only this one; may be repeated.")
    ] = None,
    names: Annotated[
        Path | None, typer.Option(help="CSV of two columns: name in the folder, who that is.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="One for all. Without it, drawn, and shown at the end.")
    ] = None,
    repeat: Annotated[int, typer.Option(min=1, help="Grade each solution this often.")] = 1,
    address: Annotated[
        str | None,
        typer.Option(help="Ray cluster to use: auto or HOST:PORT. Without it, RAY_ADDRESS, or this machine."),
    ] = None,
    cpus: Annotated[int, typer.Option(min=1, help="CPUs for each grading.")] = 2,
    packages: Packages = "auto",
    only: Only = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the batch that is in --out.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be graded.")] = False,
) -> None:
    """Grade many solutions, side by side on this machine or on a Ray cluster, and write tables and pages."""
    require_known("--packages", packages, PACKAGES)
    found, challenges = _find(folder, challenge or [], names)
    if dry_run:
        raise typer.Exit(EXIT_PASSED)
    need_ray()
    if resume:
        journal = _old_journal(out, given=seed is not None or only is not None or repeat != 1)
    else:
        journal = _new_journal(out, folder, seed, repeat, only)
    places = _Places(address or os.environ.get("RAY_ADDRESS", ""), cpus, packages)
    advice = f"What was graded is in {out}. Continue with --resume."
    with interruptible(advice, "All gradings have been ended."):
        status = _run(found, challenges, journal, places)
    raise typer.Exit(status)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where to grade.

    Args:
        address: Of a Ray cluster; empty for this machine.
        cpus: For each grading.
        packages: How nodes get what they lack.
    """

    address: str
    cpus: int
    packages: str


def _find(folder: Path, wanted: list[str], names: Path | None) -> tuple[Found, list[Challenge]]:
    """The submissions and the challenges they are for; what is found is told.

    Raises:
        UsageError: There are none, or they may not be graded now.
    """
    from grader.batch.submissions import find, read_names

    for name in wanted:
        find_challenge(name)
    known = read_names(names) if names is not None else None
    found = find(folder, challenge_names(), wanted=wanted, names=known)
    _tell(found)
    if not found.files:
        raise UsageError(f"{folder} holds no submission. A submission is <who>/<challenge>.py")
    challenges = [find_challenge(name) for name in dict.fromkeys(file.challenge for file in found.files)]
    for challenge in challenges:
        refuse_during_mock(challenge.name)
    return found, challenges


def _tell(found: Found) -> None:
    """What will be graded, and what will not."""
    for line in found.told:
        say(f"  not graded  {printable(line)}")
    by_challenge: dict[str, int] = {}
    for file in found.files:
        by_challenge[file.challenge] = by_challenge.get(file.challenge, 0) + 1
    for name, n in by_challenge.items():
        say(f"{name}: {counted(n, 'submission')}")


def _new_journal(out: Path, folder: Path, seed: int | None, repeat: int, only: list[str] | None) -> Journal:
    from grader.batch.journal import Journal, Order
    from grader.judge.plugin import new_seed

    order = Order(
        folder=str(folder),
        seed=new_seed() if seed is None else seed,
        repeat=repeat,
        only=tuple(only) if only else None,
    )
    return Journal.create(out, order)


def _old_journal(out: Path, *, given: bool) -> Journal:
    """The journal that is there.

    Raises:
        UsageError: There is none, or something was given that it decides.
    """
    from grader.batch.journal import NAME, Journal

    if not (out / NAME).is_file():
        raise UsageError(f"{out} holds no batch that could be resumed. Leave --resume out")
    if given:
        raise UsageError(
            "--resume keeps what the batch was started with. Leave --seed, --repeat and --only out"
        )
    return Journal(out)


def _run(found: Found, challenges: Sequence[Challenge], journal: Journal, places: _Places) -> int:
    """Grade all, write what comes of it, and give the exit status."""
    from grader.batch.results import Results
    from grader.batch.run import Run, jobs_of
    from grader.batch.watching import Watching

    results = Results(journal.path.parent)
    console = Console(highlight=False)
    with Watching(console) as watching:
        run = Run(jobs_of(found.files, journal), journal, keep=results.keep, listen=watching.listen)
        if run.n_left:
            try:
                pool = _pool(challenges, places)
            except GraderError:
                journal.drop_if_empty()
                raise
            say(f"{counted(run.n_left, 'grading')}: {pool.where}")
            try:
                run.over(pool)
            finally:
                pool.close()
    return _conclude(results, journal, found, challenges)


def _pool(challenges: Sequence[Challenge], places: _Places) -> Pool:
    """The cluster that was named, else this machine."""
    if places.address:
        from grader.batch.cluster import ClusterPool

        return ClusterPool(places.address, challenges, places.cpus, packages=places.packages)
    from grader.batch.here import LocalPool, n_side_by_side
    from grader.judge.fitness import check_shared_memory

    for challenge in challenges:
        check_shared_memory(challenge)
    n, why = n_side_by_side(challenges, places.cpus)
    return LocalPool(n, why, places.cpus)


def _conclude(results: Results, journal: Journal, found: Found, challenges: Sequence[Challenge]) -> int:
    """Write all that is drawn from the journal, and say what came of it; the exit status."""
    from grader.batch.results import CLASS_PAGE, RECORDS, STUDENTS, TABLE
    from grader.batch.rows import NOT_GRADED
    from grader.batch.run import final_lines

    lines = sorted(
        final_lines(journal.lines()).values(), key=lambda line: (line.challenge, line.who, line.repeat)
    )
    rows = results.write_table(lines)
    results.write_pages(lines, found.files, challenges, journal.order.seed)
    n_passed = sum(row.passed for row in rows)
    n_none = sum(row.outcome == NOT_GRADED for row in rows)
    n_open = sum(row.is_open for row in rows) - n_none
    say(f"{counted(len(rows), 'grading')}: {n_passed} passed, {n_open} judged in part, {n_none} not graded")
    say(f"Seed {journal.order.seed}")
    say(f"  {results.folder / TABLE}  the table")
    say(f"  {results.folder / CLASS_PAGE}  the page for the teacher")
    say(f"  {results.folder / STUDENTS}/  a page for each of them, to be handed out")
    say(f"  {results.folder / RECORDS}/  all records")
    return EXIT_GRADER if n_none else EXIT_PASSED
