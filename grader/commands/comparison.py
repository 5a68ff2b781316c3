"""The comparison on the terminal: two programs, their rounds, and what Ray did in one round of each."""

from __future__ import annotations

import ast
import difflib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.catalogue.challenges import Challenge
from grader.catalogue.excerpts import excerpts
from grader.catalogue.stages import stage_part
from grader.commands.markdown import print_markdown
from grader.errors import UsageError
from grader.explain.diagnosis import diagnose
from grader.explain.trace import RECORDED_ROUND, Trace
from grader.report.gantt import picture
from grader.report.perfetto import trace_events
from grader.report.terminal import paragraph, say
from grader.system.files import write_for_user
from grader.words import printable

_ROOM_FOR_TWO = 120
_WIDEST_PICTURE = 110
_LONGEST_EQUAL = 6  # a longer run of equal lines is cut down to its ends
_DIFF_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def show_programs(console: Console, challenge: Challenge) -> None:
    """The learner's program and the reference, side by side if the terminal is wide enough."""
    path = challenge.solution_path if challenge.solution_path.exists() else challenge.stub_path
    yours = path.read_text(encoding="utf-8", errors="replace").splitlines()
    reference = without_docstring(challenge.reference_path.read_text(encoding="utf-8")).splitlines()
    if console.width < _ROOM_FOR_TWO:
        for line in difflib.unified_diff(yours, reference, path.name, "reference", lineterm="", n=2):
            console.print(Text(printable(line), style=_DIFF_STYLES.get(line[:1], "")), soft_wrap=True)
        return
    table = Table(box=None, pad_edge=False, expand=True)
    for heading in (f"yours ({path.name})", "reference"):
        table.add_column(heading, ratio=1, overflow="fold")
    for row in _rows(yours, reference):
        table.add_row(*row)
    console.print(table)


def show_stage(console: Console, challenge: Challenge, number: int) -> None:
    """What the reference does for one stage: its notes on it, and the code that they name.

    Raises:
        UsageError: The notes say nothing of this stage.
    """
    stage = challenge.stage(number)
    notes = (challenge.reference / "NOTES.md").read_text(encoding="utf-8")
    part = stage_part(notes, number)
    if part is None:
        raise UsageError(f"reference/{challenge.name}/NOTES.md has no heading  {stage.heading}")
    console.print(Text(f"What the reference does for stage {number}: {stage.title}", style="bold"))
    print_markdown(console, part.text)
    for code in excerpts(challenge.reference_path.read_text(encoding="utf-8"), part.text):
        console.print()
        print_markdown(console, f"```python\n{dedent(code)}\n```")


def without_docstring(source: str) -> str:
    """A program without the docstring at its head: the reference's is an article, not code to compare."""
    first = ast.parse(source).body[:1]
    if not (first and isinstance(first[0], ast.Expr) and isinstance(first[0].value, ast.Constant)):
        return source
    return "\n".join(source.splitlines()[first[0].end_lineno :]).lstrip("\n")


def _rows(yours: Sequence[str], reference: Sequence[str]) -> Iterator[tuple[Text, Text]]:
    """Both programs line by line, red and green where they differ."""
    matcher = difflib.SequenceMatcher(None, yours, reference, autojunk=False)
    for tag, your_start, your_end, start, end in matcher.get_opcodes():
        left, right = yours[your_start:your_end], reference[start:end]
        if tag == "equal":
            left = right = _shortened(left)
        for n in range(max(len(left), len(right))):
            cells = [Text(printable(side[n]) if n < len(side) else "") for side in (left, right)]
            if tag != "equal":
                cells[0].stylize("red")
                cells[1].stylize("green")
            yield cells[0], cells[1]


def _shortened(equal: Sequence[str]) -> Sequence[str]:
    if len(equal) <= _LONGEST_EQUAL:
        return equal
    return [*equal[:2], f"    … {len(equal) - 4} equal lines …", *equal[-2:]]


def show_rounds(console: Console, races: Sequence[dict[str, Any]]) -> None:
    """Each timed round of both programs, and the ratio of the times."""
    for race in races:
        table = Table(box=None)
        for heading in ("round", "yours", "reference", "ratio"):
            table.add_column(heading, justify="right")
        rounds = zip(race["learner_s"], race["reference_s"], strict=True)
        for n, (yours_s, reference_s) in enumerate(rounds, start=1):
            ratio = f"{yours_s / reference_s:.2f}"
            table.add_row(str(n), f"{yours_s:.3f} s", f"{reference_s:.3f} s", ratio)
        console.print()
        console.print(Text(f"{race['name']}: {race['ratio']:.2f} times the reference's time", style="bold"))
        console.print(table)


def show_traces(console: Console, traces: dict[str, Trace]) -> None:
    """What Ray did in one round of each program, on the same scale, and what that says."""
    scale_s = max(trace.seconds for trace in traces.values())
    console.print()
    paragraph(console, Text(RECORDED_ROUND, style="dim"))
    for side, trace in traces.items():
        heading = (
            f"{side}: {trace.seconds:.2f} s, {trace.n_spans} tasks and calls on {len(trace.pids)} workers, "
            f"{trace.stored_bytes / 1e6:.1f} MB stored"
        )
        console.print()
        console.print(Text(heading, style="bold"))
        for line in picture(trace, min(console.width, _WIDEST_PICTURE), scale_s):
            console.print(Text(line), soft_wrap=True)
    console.print()
    for finding in diagnose(traces["yours"], traces["reference"]):
        paragraph(console, Text(printable(f"- {finding.sentence} {finding.look}")))


def write_trace(path: Path, traces: dict[str, Trace], challenge: Challenge) -> None:
    """Write both traces in the format that Perfetto and Chrome read.

    Raises:
        UsageError: There is no trace yet, or the file cannot be written.
    """
    if not traces:
        raise UsageError(
            f"There is no trace of {challenge.name} yet: only a solution that is right is timed. "
            f"Next: python grade.py run {challenge.name}"
        )
    write_for_user(path, json.dumps(trace_events(traces)))
    say(f"Wrote {path}. Open it in https://ui.perfetto.dev or chrome://tracing")
