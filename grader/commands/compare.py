"""The verb compare: the learner's program and the reference, in code, in time and in what Ray did."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from grader.catalogue.challenges import ROOT, Challenge, find_challenge
from grader.commands.markdown import print_markdown
from grader.commands.options import Name, OneStage
from grader.commands.prerequisites import need_suite
from grader.errors import UsageError
from grader.mock.in_progress import refuse_during_mock
from grader.report.attempts import Attempt, own, read_attempts, traces_of
from grader.report.headway import stood
from grader.report.terminal import say
from grader.system.files import writing

GIVEN_UP = ROOT / ".grade" / "given_up"


def compare(
    name: Name,
    give_up: Annotated[
        bool,
        typer.Option("--give-up", help="Show the reference before you have passed. This is recorded."),
    ] = False,
    trace: Annotated[
        Path | None,
        typer.Option(
            help="Write a trace of one round of each to this file, for Perfetto or chrome://tracing."
        ),
    ] = None,
    code: Annotated[
        bool, typer.Option(show_default=False, help="Show both programs side by side (the default).")
    ] = True,
    stage: OneStage = None,
    notes: Annotated[
        bool, typer.Option(show_default=False, help="Show the notes on the reference (the default).")
    ] = True,
) -> None:
    """Compare your solution with the reference, once you have passed.

    Rounds and traces are those of your latest graded solution. With --stage: what the reference does for it.
    """
    from grader.commands.comparison import show_programs, show_stage

    challenge = find_challenge(name)
    need_suite(challenge)
    number = challenge.stage(stage).number if stage is not None else 0
    refuse_during_mock(challenge.name)
    attempts = own(read_attempts(challenge.name)[0])
    _permit(challenge, attempts, number, give_up=give_up)
    console = Console(highlight=False)
    if number:
        show_stage(console, challenge, number)
        say(f"\nNext: python grade.py run {challenge.name}")
        return
    if code:
        show_programs(console, challenge)
    _show_latest_race(console, challenge, attempts, trace)
    if notes:
        _show_notes(console, challenge)
    say("\nNext: python grade.py next")


def _show_notes(console: Console, challenge: Challenge) -> None:
    """Print the notes on the reference."""
    console.print()
    print_markdown(console, (challenge.reference / "NOTES.md").read_text(encoding="utf-8"))


def _show_latest_race(
    console: Console, challenge: Challenge, attempts: Sequence[Attempt], trace: Path | None
) -> None:
    """Show rounds and traces of the latest attempt that was timed, and write the traces if asked to."""
    from grader.commands.comparison import show_rounds, show_traces, write_trace

    latest = next((attempt for attempt in reversed(attempts) if attempt.document["benchmark"]), None)
    if latest is None:
        say("No speed was measured yet: a solution has to be right before it is timed.")
    else:
        show_rounds(console, latest.document["benchmark"])
    traces = traces_of(latest)
    if traces:
        show_traces(console, traces)
    if trace is not None:
        write_trace(trace, traces, challenge)


def _permit(challenge: Challenge, attempts: Sequence[Attempt], stage: int, *, give_up: bool) -> None:
    """Refuse unless the challenge, or the stage that is asked for, was passed or is given up, now or before.

    Args:
        challenge: Whose reference is to be seen.
        attempts: The learner's own.
        stage: Number of the stage; 0 for the whole challenge.
        give_up: Whether it is given up now.
    """
    whole = GIVEN_UP / challenge.name
    marker = GIVEN_UP / f"{challenge.name}.{stage}" if stage else whole
    if any(attempt.passed for attempt in attempts) or whole.exists() or marker.exists():
        return
    if stage and any(stood(attempt.document, stage) for attempt in attempts):
        return
    if not give_up:
        what, option = (f"stage {stage} of ", f" --stage {stage}") if stage else ("", "")
        raise UsageError(
            f"You have not passed {what}{challenge.name} yet. Read a hint with  python grade.py hint "
            f"{challenge.name},  or see the reference now with  python grade.py compare {challenge.name}"
            f"{option} --give-up  (this is recorded)"
        )
    with writing(marker):
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.write_text(time.strftime("%Y-%m-%dT%H:%M:%SZ\n", time.gmtime()), encoding="utf-8")
