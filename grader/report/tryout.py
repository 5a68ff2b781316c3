"""What a trial looks like: live lines while it runs, then its end, the outside world, and what Ray did."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from grader.catalogue.challenges import Challenge
from grader.catalogue.submission import Submission
from grader.explain.diagnosis import notice
from grader.explain.service_calls import Mishap, OperationSeen, mishaps, operations_seen
from grader.explain.trace import Trace
from grader.judge.tryout import LEFT_WITHIN_S, Tryout
from grader.report.gantt import picture, unseen
from grader.report.terminal import paragraph
from grader.report.values import as_json, call_text, value_text
from grader.words import counted, printable
from grader.world.troubles import PLAIN, Trial, Trouble

MAX_LINES = 1000
MAX_MISHAPS = 12
REPEATED = (
    "repeated: calls with the same arguments as an earlier one, by a retry or because others ask the same."
)
_WIDEST = 110
_LABEL = 12
_LONGEST_LINE = 300
_ENDINGS = {
    "raised": "Raised",
    "hung": "Hung",
    "died": "Died",
    "not plain": "No plain data came back",
    "not loadable": "Not loaded",
}


class Screen:
    """Shows a trial while it happens, and keeps the lines that were printed.

    Args:
        console: Where to.
        challenge: Whose world the solution meets.
        submission: The solution.
    """

    def __init__(self, console: Console, challenge: Challenge, submission: Submission) -> None:
        self._console, self._challenge, self._submission = console, challenge, submission
        self._lock = threading.Lock()  # what is printed comes from another thread
        self.lines: list[tuple[int, str]] = []

    def begins(self, trouble: Trouble) -> None:
        """Say what is tried, before the cluster starts."""
        submission = self._submission
        self._console.print(Text(f"{self._challenge.name} · {trouble.name}: {trouble.title}", style="bold"))
        if submission.kind == "stub":
            paragraph(self._console, Text("There is no solution.py yet: this tries the stub."))
        elif submission.kind == "file":
            paragraph(self._console, Text(f"Trying {submission.path}"))
        paragraph(self._console, Text("Nothing is judged or recorded. Starting a Ray cluster.", style="dim"))

    def calls(self, trial: Trial, seed: int) -> None:
        """The call starts now."""
        text = call_text(trial.name, trial.args, trial.inputs, self._width)
        with self._lock:
            self._console.print()
            self._console.print(Text(text), soft_wrap=True)
            where = "" if trial.module == "solution" else f" · {trial.name} calls your solution, step by step"
            note = f"{trial.note} · " if trial.note else ""
            paragraph(self._console, Text(f"{note}seed {seed}{where}", style="dim"))

    def printed(self, pid: int, text: str) -> None:
        """A worker printed something, or with 0 in place of a pid the driver."""
        with self._lock:
            for line in printable(text).splitlines():
                self.lines.append((pid, line))
                if len(self.lines) <= MAX_LINES:
                    shown = line.expandtabs(4)
                    if len(shown) > _LONGEST_LINE:
                        shown = f"{shown[:_LONGEST_LINE]}…"
                    self._console.print(Text(f"  {process_name(pid, 0):<{_LABEL}}| {shown}"), soft_wrap=True)
                elif len(self.lines) == MAX_LINES + 1:
                    self._console.print(Text("  … it prints more than is shown here", style="dim"))

    def end(self, seen: Tryout) -> None:
        """All that was seen, and the next command."""
        for text in ending_lines(seen, self._width):
            paragraph(self._console, text)
        if seen.entries:
            self._outside_world(seen)
        if seen.began_s:
            self._what_ray_did(seen)
        self._console.print()
        paragraph(self._console, Text(next_step(self._challenge, seen)))

    @property
    def _width(self) -> int:
        return min(self._console.width, _WIDEST)

    def _outside_world(self, seen: Tryout) -> None:
        self._console.print()
        self._console.print(Text("What the outside world saw", style="bold"))
        rows = operations_seen(seen.entries)
        told = mishap_lines(mishaps(seen.entries, seen.began_s), seen.driver_pid)
        for line in [*world_lines(rows), *told]:
            self._console.print(Text(f"  {line}"), soft_wrap=True)
        if any(row.repeated for row in rows):
            paragraph(self._console, Text(REPEATED, style="dim"))

    def _what_ray_did(self, seen: Tryout) -> None:
        self._console.print()
        self._console.print(Text(ray_heading(seen.trace), style="bold"))
        if seen.trace is not None:
            for line in picture(seen.trace, self._width, seen.trace.seconds, by_pid=True):
                self._console.print(Text(line), soft_wrap=True)
            if unseen(seen.trace):
                self._console.print(
                    Text(
                        "† died, or is none of Ray's workers: its calls to the service are shown", style="dim"
                    )
                )
            for finding in notice(seen.trace):
                paragraph(self._console, Text(printable(f"- {finding.sentence} {finding.look}")))
        for line in seen.left:
            self._console.print(
                Text(f"- Still there {LEFT_WITHIN_S:g} s later: {printable(line)}"), soft_wrap=True
            )


def ending_lines(seen: Tryout, width: int) -> list[Text]:
    """How the call ended: its value, or why there is none."""
    lines = [Text()]
    if seen.ending == "returned":
        text = value_text(seen.value, width)
        on_one_line = "\n" not in text and len(text) + 40 < width
        lines.append(Text(f"It returned{f' {text}' if on_one_line else ''} after {seen.seconds:.2f} s"))
        return lines if on_one_line else [*lines, *map(Text, text.splitlines())]
    after = f" after {seen.seconds:.2f} s" if seen.began_s else ""
    is_sentence = seen.message.startswith(("it ", "its ", "the "))  # not one that starts with a file's name
    message = seen.message[:1].upper() + seen.message[1:] if is_sentence else seen.message
    head = Text(f"{_ENDINGS[seen.ending]}{after}", style="bold red")
    return [*lines, head, *(Text(f"  {line}") for line in printable(message).splitlines())]


def world_lines(rows: Sequence[OperationSeen]) -> list[str]:
    """A table with a row for each operation."""
    headings = ("operation", "calls", "at once", "processes", "longest", "repeated", "unanswered")
    cells: list[tuple[str, ...]] = [headings]
    for row in rows:
        without = ", ".join(f"{n} {outcome}" for outcome, n in row.endings.items() if outcome != "ok")
        numbers = map(str, (row.calls, row.at_once, row.processes))
        cells.append((row.op, *numbers, f"{row.longest_s:.2f} s", str(row.repeated), without))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "   ".join(
            cell.ljust(width) if n in (0, len(widths) - 1) else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def mishap_lines(found: Sequence[Mishap], driver_pid: int) -> list[str]:
    """The calls that did not end with an answer, the first few of them."""
    lines = [
        f"at {each.at_s:.2f} s, {process_name(each.pid, driver_pid)}: {printable(each.what)}"
        for each in found[:MAX_MISHAPS]
    ]
    return [*lines, f"and {len(found) - MAX_MISHAPS} more"] if len(found) > MAX_MISHAPS else lines


def process_name(pid: int, driver_pid: int) -> str:
    """A process as it is called on the screen."""
    return "driver" if pid == driver_pid else f"pid {pid}"


def ray_heading(trace: Trace | None) -> str:
    """What Ray did, in a line."""
    if trace is None:
        return "What Ray did is not known: the cluster had to be replaced, or could not be read"
    stored = f"{counted(trace.stored_objects, 'object')} stored, {trace.stored_bytes / 1e6:.1f} MB in all"
    return f"What Ray did: {trace.n_spans} tasks and calls on {counted(len(trace.pids), 'worker')}, {stored}"


def next_step(challenge: Challenge, seen: Tryout) -> str:
    """What to type next."""
    name = challenge.name
    if seen.ending == "returned" and seen.trouble.name == PLAIN:
        return f"Next: python grade.py try {name} --list   (what else can be tried)"
    if seen.ending == "returned" and challenge.is_handed_out:
        return f"Next: another trouble, or hand in challenges/{name}/solution.py"
    if seen.ending == "returned":
        return f"Next: python grade.py run {name}"
    again = f"python grade.py try {name} --trouble {seen.trouble.name} --seed {seen.seed}"
    if seen.ending == "raised":
        promised = "hand in your solution" if challenge.is_handed_out else f"python grade.py run {name}"
        return f"Next: if the brief promises this exception,  {promised};  if not, fix it, then  {again}"
    return f"Next: fix it, then  {again}"


def document(
    challenge: Challenge, submission: Submission, seen: Tryout, lines: Sequence[tuple[int, str]]
) -> dict[str, Any]:
    """A trial as JSON.

    Args:
        challenge: Whose world the solution met.
        submission: The solution.
        seen: What was seen.
        lines: What was printed, with the worker's pid, 0 for the driver.
    """
    return {
        "schema": 1,
        "challenge": challenge.name,
        "trouble": seen.trouble.name,
        "seed": seen.seed,
        "solution": {"path": str(submission.path), "sha256": submission.sha256, "kind": submission.kind},
        "call": {
            "name": seen.trial.name,
            "args": as_json(list(seen.trial.args)),
            "inputs": as_json(dict(seen.trial.inputs)),
            "note": seen.trial.note,
        },
        "ending": seen.ending,
        "message": seen.message,
        "value": as_json(seen.value),
        "seconds": round(seen.seconds, 3),
        "driver_pid": seen.driver_pid,
        "printed": [{"pid": pid or seen.driver_pid, "line": line} for pid, line in lines],
        "world": [_row(row) for row in operations_seen(seen.entries)],
        "mishaps": [
            {"at_s": round(each.at_s, 3), "pid": each.pid, "what": each.what}
            for each in mishaps(seen.entries, seen.began_s)
        ],
        "findings": [finding.sentence for finding in (notice(seen.trace) if seen.trace else ())],
        "left": list(seen.left),
        "trace": seen.trace.to_json() if seen.trace is not None else None,
    }


def _row(row: OperationSeen) -> Mapping[str, Any]:
    return {
        "op": row.op,
        "calls": row.calls,
        "at_once": row.at_once,
        "processes": row.processes,
        "longest_s": round(row.longest_s, 3),
        "repeated": row.repeated,
        "endings": dict(row.endings),
    }


def new_console(*, as_json: bool) -> Console:
    """Where a trial is shown: on the errors' output if a JSON document has the other one."""
    return Console(file=sys.stderr if as_json else sys.stdout, highlight=False)
