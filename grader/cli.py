"""The verbs of grade.py: reads the command line, calls the engine, chooses the exit status."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.catalogue import Challenge, find_challenge, read_catalogue
from grader.errors import (
    EXIT_GRADER,
    EXIT_NOT_PASSED,
    EXIT_PASSED,
    GraderError,
    GradingError,
    Interrupted,
    UsageError,
)
from grader.terminal import Progress, plain

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Graded katas for Ray: change one file, run one command, learn whether it is right, "
    "survives faults and is fast.",
)

Name = Annotated[str, typer.Argument(help="Name of a challenge, as `list` shows it.")]


@app.command("list")
def list_challenges(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    markdown: Annotated[bool, typer.Option(help="Print the table of the README.")] = False,
) -> None:
    """Show all challenges in learning order."""
    challenges = read_catalogue()
    if markdown:
        typer.echo(markdown_table(challenges))
        return
    if as_json:
        typer.echo(json.dumps([_listed(c) for c in challenges], indent=1))
        return
    table = Table(box=None, pad_edge=False)
    for column in ("name", "kind", "level", "minutes", "state", "what it is about"):
        table.add_column(column, overflow="fold", no_wrap=column == "name")
    for c in challenges:
        state = "started" if c.solution_path.exists() else ""
        table.add_row(c.name, c.kind, str(c.level), str(c.minutes), state, c.summary)
    Console().print(table)
    typer.echo("Next: python grade.py start NAME")


def markdown_table(challenges: Sequence[Challenge]) -> str:
    """The challenges as a Markdown table."""
    rows = [
        f"| [{c.name}](challenges/{c.name}/README.md) | {c.kind} | {c.level} | {c.minutes} | {c.summary} |"
        for c in challenges
    ]
    return "\n".join(["| name | kind | level | minutes | story |", "|---|---|---|---|---|", *rows])


def _listed(challenge: Challenge) -> dict[str, Any]:
    keys = ("name", "title", "summary", "track", "kind", "level", "minutes", "pass_mark")
    return {key: getattr(challenge, key) for key in keys} | {"started": challenge.solution_path.exists()}


@app.command()
def start(name: Name) -> None:
    """Lay out solution.py from the stub; an existing one is never overwritten."""
    challenge = find_challenge(name)
    shown = f"challenges/{challenge.name}/solution.py"
    if challenge.solution_path.exists():
        raise UsageError(f"{shown} is already there; it was left as it is. Move it away to begin anew.")
    shutil.copyfile(challenge.stub_path, challenge.solution_path)
    typer.echo(f"Read    challenges/{challenge.name}/README.md")
    typer.echo(f"Change  {shown}")
    typer.echo(f"Next: python grade.py run {challenge.name}")


@app.command()
def run(
    name: Annotated[str | None, typer.Argument(help="Name of a challenge.")] = None,
    solution: Annotated[Path | None, typer.Option(help="Grade this file.")] = None,
    against: Annotated[str, typer.Option(help="solution, stub or reference: what to grade.")] = "solution",
    seed: Annotated[int | None, typer.Option(min=0, help="Replay the inputs of a run.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Grade every challenge begun.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Grade a solution; with no solution.py yet, the stub."""
    if every == (name is not None):
        raise UsageError("Give the name of one challenge, or --all.")
    if every:
        challenges = [c for c in read_catalogue() if c.solution_path.exists()]
        if not challenges:
            raise UsageError("No challenge has been started. Begin with  python grade.py start NAME")
    else:
        challenges = [find_challenge(name or "")]
    paths = [_path_to_grade(c, solution, against) for c in challenges]
    _need_ray()
    documents, statuses = [], []
    for challenge, path in zip(challenges, paths, strict=True):
        with _interruptible():
            document, status = _graded(challenge, path, seed, as_json=as_json)
        documents.append(document)
        statuses.append(status)
    if as_json:
        typer.echo(json.dumps(documents[0] if not every else documents, indent=1, ensure_ascii=False))
    raise typer.Exit(max(statuses))


def _path_to_grade(challenge: Challenge, solution: Path | None, against: str) -> Path | None:
    if against not in ("solution", "stub", "reference"):
        raise UsageError(f"--against {against}: write solution, stub or reference")
    if against != "solution" and solution is not None:
        raise UsageError("Give --solution or --against, not both.")
    return {"stub": challenge.stub_path, "reference": challenge.reference_path}.get(against, solution)


def _graded(
    challenge: Challenge, path: Path | None, seed: int | None, *, as_json: bool
) -> tuple[dict[str, Any], int]:
    """Grade one solution with live progress and keep its record; the JSON document and the exit status."""
    from grader.engine import grade
    from grader.record import save_record
    from grader.warden_client import sweep_leftovers

    submission = challenge.submission(path)
    progress = Progress(Console(file=sys.stderr if as_json else sys.stdout, highlight=False))
    progress.begin(challenge, submission)
    try:
        sweep_leftovers()
        record = grade(challenge, submission, seed=seed, listen=progress.listen)
    finally:
        progress.stop()
    save_record(record)
    progress.end(challenge, record)
    if record.outcome == "error":
        return record.to_json(), EXIT_GRADER
    return record.to_json(), EXIT_PASSED if record.score.passed else EXIT_NOT_PASSED


@app.command()
def verify(
    name: Annotated[str | None, typer.Argument(help="Name of a challenge.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Verify every challenge.")] = False,
    runs: Annotated[int, typer.Option(min=1, help="How often to grade the reference.")] = 5,
    quick: Annotated[
        bool, typer.Option(help="No stub or hollow one; every fourth wrong solution, by one behaviour.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """For authors: prove that a suite accepts its reference and rejects wrong solutions."""
    if every == (name is not None):
        raise UsageError("Give the name of one challenge, or --all.")
    challenges = read_catalogue() if every else [find_challenge(name or "")]
    _need_ray()
    from grader.verify import Finding
    from grader.verify import verify as prove
    from grader.warden_client import sweep_leftovers

    sweep_leftovers()
    console = Console(file=sys.stderr if as_json else sys.stdout, highlight=False)
    found: dict[str, list[Finding]] = {}
    for challenge in challenges:
        console.print(Text(f"verify {challenge.name}", style="bold"))

        def tell(finding: Finding) -> None:
            word = "ok  " if finding.holds else "BAD "
            line = f"  {word} {finding.subject}: {plain(finding.detail)}"
            console.print(Text(line, style="" if finding.holds else "red"), soft_wrap=True)

        with _interruptible():
            found[challenge.name] = prove(challenge, runs=runs, quick=quick, tell=tell)
    if as_json:
        typer.echo(json.dumps({n: [asdict(f) for f in fs] for n, fs in found.items()}, indent=1))
    holds = all(finding.holds for findings in found.values() for finding in findings)
    raise typer.Exit(EXIT_PASSED if holds else EXIT_NOT_PASSED)


def _need_ray() -> None:
    if find_spec("ray") is None:
        raise GradingError(
            "Ray is not installed for this Python. Install it with  pip install -e .  "
            "or run through uv:  uv run grade.py …"
        )


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C and SIGTERM end the block in order, and then the program with its own status."""

    def interrupt(_signum: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted("interrupted; both clusters are ended") from None
    finally:
        signal.signal(signal.SIGTERM, before)


def main() -> NoReturn:
    """Run a verb; every error of ours becomes one message and its exit status."""
    try:
        app()
    except GraderError as error:
        typer.echo(f"grade.py: {error}", err=True)
        sys.exit(error.exit_status)
    sys.exit(EXIT_PASSED)
