"""The verb that grades: run."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from grader.catalogue.challenges import Challenge, find_challenge, read_catalogue
from grader.commands.shared import AsJson, interruptible, need_ray
from grader.errors import EXIT_GRADER, EXIT_NOT_PASSED, EXIT_PASSED, GraderError, UsageError
from grader.mock.sitting import refuse_during_mock
from grader.report.terminal import Progress
from grader.system.privileges import keep_memory_private


def run(
    name: Annotated[str | None, typer.Argument(help="Name of a challenge.")] = None,
    solution: Annotated[Path | None, typer.Option(help="Grade this file.")] = None,
    against: Annotated[str, typer.Option(help="solution, stub or reference: what to grade.")] = "solution",
    seed: Annotated[int | None, typer.Option(min=0, help="Replay the inputs of a run.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Grade every challenge begun.")] = False,
    as_json: AsJson = False,
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
    for challenge in challenges:
        refuse_during_mock(challenge.name)
    paths = [_path_to_grade(c, solution, against) for c in challenges]
    need_ray()
    keep_memory_private()
    documents, statuses = [], []
    for challenge, path in zip(challenges, paths, strict=True):
        with interruptible():
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
    from grader.judge.engine import grade
    from grader.judge.record import RunningRecord
    from grader.side.warden_client import sweep_leftovers

    submission = challenge.submission(path)
    progress = Progress(Console(file=sys.stderr if as_json else sys.stdout, highlight=False))
    progress.begin(challenge, submission)
    running = RunningRecord()
    try:
        sweep_leftovers()
        record = grade(challenge, submission, seed=seed, listen=progress.listen, keep=running.keep)
    except (KeyboardInterrupt, GraderError):
        progress.broken_off(running.n_judged, running.path)
        raise
    finally:
        progress.stop()
    running.finish(record)
    progress.end(challenge, record)
    if record.outcome == "error":
        return record.to_json(), EXIT_GRADER
    return record.to_json(), EXIT_PASSED if record.score.passed else EXIT_NOT_PASSED
