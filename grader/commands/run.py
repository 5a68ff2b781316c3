"""The verb run: grades solutions."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from grader.catalogue.challenges import Challenge, find_challenge, read_catalogue
from grader.commands.interruption import interruptible
from grader.commands.options import AsJson, require_known
from grader.commands.prerequisites import need_ray, need_suite
from grader.errors import EXIT_GRADER, EXIT_NOT_PASSED, EXIT_PASSED, GraderError, UsageError
from grader.mock.in_progress import refuse_during_mock
from grader.report.terminal import Progress


def run(
    name: Annotated[str | None, typer.Argument(help="Name of a challenge.")] = None,
    solution: Annotated[Path | None, typer.Option(help="Grade this file instead of solution.py.")] = None,
    against: Annotated[str, typer.Option(help="What to grade: solution, stub or reference.")] = "solution",
    seed: Annotated[
        int | None, typer.Option(min=0, help="Repeat the inputs of the run that printed this seed.")
    ] = None,
    stage: Annotated[int | None, typer.Option(min=1, help="Grade only the stages up to this one.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Grade every challenge you have started.")] = False,
    show_output: Annotated[
        bool, typer.Option("--show-output", help="Show what the solution prints, also where it passes.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Grade your solution, or the stub if there is no solution.py yet."""
    challenges = _challenges_to_grade(name, every=every)
    for challenge in challenges:
        refuse_during_mock(challenge.name)
    if stage is not None:
        for challenge in challenges:
            challenge.stage(stage)
    paths = [_path_to_grade(challenge, solution, against) for challenge in challenges]
    need_ray()
    from grader.system.privileges import keep_memory_private

    keep_memory_private()
    documents, statuses = [], []
    for challenge, path in zip(challenges, paths, strict=True):
        with interruptible():
            document, status = _grade(challenge, path, seed, stage, as_json=as_json, show_output=show_output)
        documents.append(document)
        statuses.append(status)
    if as_json:
        typer.echo(json.dumps(documents if every else documents[0], indent=1, ensure_ascii=False))
    raise typer.Exit(max(statuses))


def _challenges_to_grade(name: str | None, *, every: bool) -> list[Challenge]:
    if every == (name is not None):
        raise UsageError("Give the name of one challenge, or --all.")
    if name is not None:
        challenge = find_challenge(name)
        need_suite(challenge)
        return [challenge]
    started = [challenge for challenge in read_catalogue() if challenge.solution_path.exists()]
    if not started:
        raise UsageError("No challenge has been started. Start one with  python grade.py start NAME")
    need_suite(started[0])
    return started


def _path_to_grade(challenge: Challenge, solution: Path | None, against: str) -> Path | None:
    """The file to grade; None for the learner's own solution, or the stub if there is none."""
    require_known("--against", against, ("solution", "stub", "reference"))
    if against != "solution" and solution is not None:
        raise UsageError("Give --solution or --against, not both.")
    return {"stub": challenge.stub_path, "reference": challenge.reference_path}.get(against, solution)


def _grade(
    challenge: Challenge,
    path: Path | None,
    seed: int | None,
    stage: int | None,
    *,
    as_json: bool,
    show_output: bool,
) -> tuple[dict[str, Any], int]:
    """Grade one solution with live progress and keep its record; the JSON document and the exit status."""
    from grader.judge.course import up_to
    from grader.judge.engine import grade
    from grader.judge.record import RunningRecord
    from grader.side.warden_client import sweep_leftovers

    submission = challenge.submission(path)
    console = Console(file=sys.stderr if as_json else sys.stdout, highlight=False)
    progress = Progress(console, show_output=show_output)
    progress.begin(challenge, submission)
    running = RunningRecord()
    try:
        sweep_leftovers()
        course = up_to(stage) if stage is not None else None
        record = grade(
            challenge, submission, seed=seed, course=course, listen=progress.listen, keep=running.keep
        )
    except (KeyboardInterrupt, GraderError):
        progress.broken_off(running.n_judged, running.path)
        raise
    finally:
        progress.stop()
    running.finish(record)
    progress.end(challenge, record)
    if record.outcome == "error":
        return record.to_json(), EXIT_GRADER
    as_asked = record.outcome in ("passed", "reached")
    return record.to_json(), EXIT_PASSED if as_asked else EXIT_NOT_PASSED
