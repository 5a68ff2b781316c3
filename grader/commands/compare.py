"""The verb compare: your program beside the reference, in code, in time and in what Ray did."""

from __future__ import annotations

import ast
import difflib
import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table
from rich.text import Text

from grader.catalogue.challenges import ROOT, Challenge, find_challenge
from grader.commands.shared import Name
from grader.errors import UsageError
from grader.explain.diagnosis import diagnose
from grader.explain.trace import RECORDED_ROUND, Trace
from grader.mock.sitting import refuse_during_mock
from grader.report.attempts import Attempt, own, read_attempts, traces_of
from grader.report.gantt import picture
from grader.report.perfetto import trace_events
from grader.report.terminal import paragraph, plain, say
from grader.system.files import write_for_user

GIVEN_UP = ROOT / ".grade" / "given_up"
_SIDE_BY_SIDE = 120


def compare(
    name: Name,
    give_up: Annotated[
        bool, typer.Option("--give-up", help="Show the reference without having passed; it is recorded.")
    ] = False,
    trace: Annotated[Path | None, typer.Option(help="Write both rounds for chrome://tracing here.")] = None,
    code: Annotated[bool, typer.Option(help="Show the difference in code.")] = True,
    notes: Annotated[bool, typer.Option(help="Show the reference's notes.")] = True,
) -> None:
    """Compare your latest graded solution with the reference, once you have passed."""
    challenge = find_challenge(name)
    refuse_during_mock(challenge.name)
    attempts = own(read_attempts(challenge.name)[0])
    _permit(challenge, attempts, give_up=give_up)
    console = Console(highlight=False)
    if code:
        show_difference(console, challenge)
    latest = next((a for a in reversed(attempts) if a.document["benchmark"]), None)
    if latest is None:
        say("No speed was measured yet: your solution has to be right before it races.")
    else:
        show_rounds(console, latest.document["benchmark"])
    traces = traces_of(latest)
    if traces:
        show_traces(console, traces)
    if trace is not None:
        _write_trace(trace, traces, challenge)
    if notes:
        text = (challenge.reference / "NOTES.md").read_text(encoding="utf-8")
        console.print()
        console.print(Markdown(text))
    say("\nNext: python grade.py list")


def _permit(challenge: Challenge, attempts: list[Attempt], *, give_up: bool) -> None:
    """Raise unless the challenge was passed or is given up, now or before."""
    marker = GIVEN_UP / challenge.name
    if any(a.passed for a in attempts) or marker.exists():
        return
    if not give_up:
        raise UsageError(
            f"{challenge.name} is not passed yet. Go on with  python grade.py hint {challenge.name},  or see "
            f"the reference now:  python grade.py compare {challenge.name} --give-up  (that is recorded)"
        )
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text(time.strftime("%Y-%m-%dT%H:%M:%SZ\n", time.gmtime()), encoding="utf-8")


def show_difference(console: Console, challenge: Challenge) -> None:
    """The two programs side by side, or one after the other on a narrow terminal."""
    path = challenge.solution_path if challenge.solution_path.exists() else challenge.stub_path
    mine = path.read_text(encoding="utf-8", errors="replace").splitlines()
    theirs = without_docstring(challenge.reference_path.read_text(encoding="utf-8")).splitlines()
    if console.width < _SIDE_BY_SIDE:
        for line in difflib.unified_diff(mine, theirs, path.name, "reference", lineterm="", n=2):
            style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
            console.print(Text(plain(line), style=style), soft_wrap=True)
        return
    table = Table(box=None, pad_edge=False, expand=True)
    for column in (f"yours ({path.name})", "reference"):
        table.add_column(column, ratio=1, overflow="fold")
    for tag, a, b, c, d in difflib.SequenceMatcher(None, mine, theirs, autojunk=False).get_opcodes():
        left, right = mine[a:b], theirs[c:d]
        if tag == "equal" and len(left) > 6:
            left = right = [*left[:2], f"    … {len(left) - 4} equal lines …", *left[-2:]]
        for n in range(max(len(left), len(right))):
            cells = [Text(plain(each[n])) if n < len(each) else Text("") for each in (left, right)]
            if tag != "equal":
                cells[0].stylize("red")
                cells[1].stylize("green")
            table.add_row(*cells)
    console.print(table)


def without_docstring(source: str) -> str:
    """A program without the docstring at its head: the reference's is an article, not code to compare."""
    first = ast.parse(source).body[:1]
    if not (first and isinstance(first[0], ast.Expr) and isinstance(first[0].value, ast.Constant)):
        return source
    return "\n".join(source.splitlines()[first[0].end_lineno :]).lstrip("\n")


def show_rounds(console: Console, races: list[dict[str, Any]]) -> None:
    """Each timed round of both, and their ratio."""
    for race in races:
        heading = f"{race['name']}: {race['ratio']:.2f} times the reference's time"
        table = Table(box=None)
        for column in ("round", "yours", "reference", "ratio"):
            table.add_column(column, justify="right")
        for n, (mine, theirs) in enumerate(zip(race["learner_s"], race["reference_s"], strict=True), start=1):
            table.add_row(str(n), f"{mine:.3f} s", f"{theirs:.3f} s", f"{mine / theirs:.2f}")
        console.print()
        console.print(Text(heading, style="bold"))
        console.print(table)


def show_traces(console: Console, traces: dict[str, Trace]) -> None:
    """What Ray did in one round of each, on the same scale, and what that says."""
    scale_s = max(trace.seconds for trace in traces.values())
    width = min(console.width, 110)
    console.print()
    paragraph(console, Text(RECORDED_ROUND, style="dim"))
    for side, trace in traces.items():
        heading = (
            f"{side}: {trace.seconds:.2f} s, {trace.n_spans} tasks and calls on {len(trace.pids)} workers, "
            f"{trace.stored_bytes / 1e6:.1f} MB stored"
        )
        console.print()
        console.print(Text(heading, style="bold"))
        for line in picture(trace, width, scale_s):
            console.print(Text(line), soft_wrap=True)
    console.print()
    for finding in diagnose(traces["yours"], traces["reference"]):
        paragraph(console, Text(plain(f"- {finding.sentence} {finding.look}")))


def _write_trace(path: Path, traces: dict[str, Trace], challenge: Challenge) -> None:
    if not traces:
        raise UsageError(f"There is no trace of {challenge.name} yet: grade a solution that is right first.")
    write_for_user(path, json.dumps(trace_events(traces)))
    say(f"Wrote {path}: open it in https://ui.perfetto.dev or chrome://tracing")
