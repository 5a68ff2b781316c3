"""What a grading looks like on the terminal: plain sentences, line by line, the next command last."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.status import Status
from rich.text import Text

from grader.catalogue.challenges import Challenge
from grader.catalogue.stages import Stage
from grader.catalogue.submission import Submission
from grader.explain.diagnosis import diagnose
from grader.judge.events import Advanced, Collected, Ended, Entered, Event, Started
from grader.judge.record import Record
from grader.judge.verdict import Check
from grader.report.headway import Headway, headway_of
from grader.words import as_called, counted, printable

WORDS = {
    "pass": ("PASS", "green"),
    "partial": ("PART", "yellow"),
    "fail": ("FAIL", "red"),
    "timeout": ("HANG", "red"),
    "crash": ("DIED", "red"),
    "inconclusive": ("----", "yellow"),
    "error": ("OURS", "magenta"),
}
_MAX_MESSAGE_LINES = 24
_WIDE = 104
_TITLE_COLUMN = 60


def paragraph(console: Console, text: Text) -> None:
    """Print a paragraph: on a terminal its words stay whole, in a pipe its lines do."""
    called = as_called(text.plain)
    shown = text if called == text.plain else Text(called, style=text.style)
    console.print(shown, soft_wrap=not console.is_terminal)


def say(text: str, *, err: bool = False) -> None:
    """Print a paragraph on the output, or on the errors' output: see `paragraph`."""
    paragraph(Console(stderr=err, highlight=False), Text(text))


class Progress:
    """Prints a grading as it goes; on a terminal a status line shows what is going on.

    Args:
        console: Where to.
        show_output: Also show what the solution printed in behaviours that passed.
    """

    def __init__(self, console: Console, *, show_output: bool = False) -> None:
        self._console = console
        self._show_output = show_output
        self._status: Status | None = None
        self._stages: tuple[Stage, ...] = ()
        self._n_done = self._n_all = 0
        self._said = ""

    def begin(self, challenge: Challenge, submission: Submission) -> None:
        """Say what is graded, before the clusters start."""
        self._stages = challenge.stages
        heading = f"{challenge.name} · {challenge.kind} · level {challenge.level}"
        self._console.print(Text(heading, style="bold"))
        if submission.kind == "stub":
            self._line(
                f"There is no solution.py yet: this grades the stub. "
                f"Start with  {as_called('python grade.py')} start {challenge.name}"
            )
        elif submission.kind == "file":
            self._line(f"Grading {submission.path}")
        self._show("starting two Ray clusters")

    def listen(self, event: Event) -> None:
        """Show an event of the grading."""
        match event:
            case Collected(behaviours):
                self._n_all = len(behaviours)
            case Advanced(_, behaviours):
                self._n_all += len(behaviours)
            case Entered(number):
                above = stage_heading(self._stages, number)
                paragraph(self._console, Text(above, style="bold"))
            case Started(behaviour):
                self._show(f"{self._n_done + 1} of {self._n_all}: {behaviour.title}")
            case Ended(check):
                self._n_done += 1
                self._check(check)

    def end(self, challenge: Challenge, record: Record) -> None:
        """The score and the next command."""
        self.score(record)
        n_questions = _n_questions(challenge) if record.outcome == "passed" else 0
        paragraph(self._console, Text(next_step(challenge, record, n_questions)))

    def score(self, record: Record, headway: Headway | None = None) -> None:
        """What Ray did in the race, if that explains anything, the score, and which stage is next.

        Args:
            record: Of the grading.
            headway: What stands by now; None to go by this grading alone.
        """
        self.stop()
        for line in diagnosis_lines(record, self._console.width):
            self._console.print(line, soft_wrap=True)
        paragraph(self._console, score_line(record))
        if record.stages:
            found = headway or headway_of(self._stages, record.to_json())
            paragraph(self._console, Text(found.sentence))

    def broken_off(self, n_judged: int, path: Path | None) -> None:
        """What became of a run that does not come to its end."""
        self.stop()
        if path is None:
            self._line("Broken off before the first verdict; nothing is recorded.")
        else:
            self._line(f"Broken off after {n_judged} of {self._n_all} behaviours. They are recorded: {path}")

    def stop(self) -> None:
        """Remove the status line."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _show(self, doing: str) -> None:
        if not self._console.is_terminal:
            return
        if self._status is None:
            self._status = self._console.status("")
            self._status.start()
        room = max(self._console.width - 4, 20)
        self._status.update(Text(doing[:room]))

    def _check(self, check: Check) -> None:
        if check.message and check.message == self._said and check.outcome != "pass":
            check = replace(check, message="As above.")
        else:
            self._said = check.message
        for line in check_lines(check, self._console.width, show_output=self._show_output):
            self._console.print(line, soft_wrap=True)

    def _line(self, text: str) -> None:
        for line in textwrap.wrap(text, max(self._console.width, 40)):
            self._console.print(Text(line), soft_wrap=True)


def check_lines(check: Check, width: int, *, show_output: bool = False) -> list[Text]:
    """One behaviour: outcome, title, points, what was measured; then its message and what was printed.

    Args:
        check: The behaviour as it ended.
        width: Columns of the terminal.
        show_output: Show what was printed also where it passed.
    """
    word, style = WORDS[check.outcome]
    points = f"{_points(check)}/{check.behaviour.points}".rjust(7)
    measured = _measured(check)
    head = Text("  ").append(word, style=style).append("  ")
    beside = width >= _WIDE
    column = _TITLE_COLUMN if beside else max(width - 8 - len(points) - 1, 20)
    first, *rest = textwrap.wrap(check.behaviour.title, column) or [""]
    head.append(first.ljust(column)).append(points)
    if measured and beside:
        head.append(f"   {measured}", style="dim")
    lines = [head, *(Text(" " * 8 + line) for line in rest)]
    if measured and not beside:
        lines.append(Text(" " * 10 + measured, style="dim"))
    if check.message:
        lines += [Text(line) for line in _message_lines(printable(check.message), width)]
    if check.output and (show_output or check.outcome != "pass"):
        lines.append(Text(" " * 10 + "The solution printed:"))
        lines += [Text(line, style="dim") for line in _output_lines(printable(check.output), width)]
    return lines


def _output_lines(output: str, width: int) -> list[str]:
    """What a solution printed, marked so that no line of it can be taken for one of ours."""
    room, indent = max(width - 14, 30), " " * 12 + "| "
    whole = [line.expandtabs(4) for line in output.splitlines()]
    pieces = [piece for line in whole for piece in (chop_cells(line, room) or [""])]
    return _first([indent + piece for piece in pieces])


def _first(lines: list[str]) -> list[str]:
    """As many lines as are shown."""
    if len(lines) <= _MAX_MESSAGE_LINES:
        return lines
    return [*lines[:_MAX_MESSAGE_LINES], " " * 10 + "… (the whole text is in the record)"]


def _message_lines(message: str, width: int) -> list[str]:
    room, indent = max(width - 10, 30), " " * 10
    lines: list[str] = []
    for paragraph in message.splitlines():
        text = paragraph.expandtabs(4)
        lead = text[: min(len(text) - len(text.lstrip()), room // 2)]
        space = room - len(lead)
        pieces = [
            piece
            for line in textwrap.wrap(text.lstrip(), space, break_on_hyphens=False)  # addresses stay whole
            for piece in (chop_cells(line, space) if cell_len(line) > space else [line])
        ]
        lines += [indent + lead + piece for piece in pieces] or [""]
    return _first(lines)


def _points(check: Check) -> str:
    return "-" if check.outcome in ("inconclusive", "error") else f"{check.earned:g}"


def _measured(check: Check) -> str:
    return measured_words(check.observed, check.limit, check.unit)


def measured_words(observed: float | str | None, limit: float | str | None, unit: str) -> str:
    """What was measured, its unit and its limit; empty when nothing was."""
    if observed is None:
        return ""
    seen = " ".join(printable(f"{_number(observed)} {unit}").split())
    return f"{seen} (limit {_number(limit)})" if limit is not None else seen


def _number(value: float | str | None) -> str:
    return (
        f"{value:,.4g}"
        if isinstance(value, float)
        else (f"{value:,}" if isinstance(value, int) else str(value))
    )


def diagnosis_lines(record: Record, width: int) -> list[Text]:
    """What Ray did in one round of each race, where it differs from what it did with the reference."""
    lines: list[Text] = []
    for race in record.races:
        if set(race.traces) != {"learner", "reference"}:
            continue
        findings = diagnose(race.traces["learner"], race.traces["reference"])
        if findings:
            lines.append(Text(f"What Ray did in one round of {race.name}:", style="bold"))
        for finding in findings:
            room = max(width - 4, 30)
            first, *rest = textwrap.wrap(printable(f"{finding.sentence} {finding.look}"), room)
            lines += [Text(f"  - {first}"), *(Text(f"    {line}") for line in rest)]
    return lines


def stage_heading(stages: Sequence[Stage], number: int) -> str:
    """What stands above the behaviours of a stage."""
    stage = stages[number - 1]
    return f"Stage {number} of {len(stages)} · {stage.title} · {stage.minutes} min"


def score_line(record: Record) -> Text:
    """The score in one line."""
    score = record.score
    missing = 100 - score.judged
    text = f"Score {score.earned:g} of {score.judged:g} judged points"
    if missing > 0:
        text += f" · {missing:g} not judged"
    words = {
        "passed": ("passed", "bold green"),
        "failed": ("not passed", "bold red"),
        "inconclusive": ("inconclusive", "bold yellow"),
        "error": ("the grader failed in part", "bold magenta"),
        "interrupted": ("interrupted", "bold yellow"),
        "reached": ("reached", "bold green"),
    }
    word, style = words[score.outcome]
    tail = f" · pass mark {record.pass_mark} of 100 · seed {record.seed} · {record.seconds:.1f} s"
    return Text(text).append(" · ").append(word, style=style).append(tail)


def _n_questions(challenge: Challenge) -> int:
    """How many questions of the bank go with a challenge."""
    from grader.catalogue.questions import questions_after  # only a pass needs it

    return len(questions_after(challenge.name))


def next_step(challenge: Challenge, record: Record, n_questions: int = 0) -> str:
    """What to type next.

    Args:
        challenge: What was graded.
        record: Of the grading.
        n_questions: How many questions of the bank go with the challenge.
    """
    name = challenge.name
    if record.submission.kind == "stub":
        return f"Next: python grade.py start {name}"
    if record.outcome == "inconclusive":
        return f"Next: close what keeps this machine busy, then  python grade.py run {name}"
    if record.outcome == "passed" and n_questions:
        questions = f"{counted(n_questions, 'question')} on what you just did"
        return f"Next: {questions}:  python grade.py quiz --after {name}"
    if record.outcome == "passed":
        return f"Next: python grade.py compare {name}"
    if record.outcome == "reached":
        n_next = 1 + max(result.stage.number for result in record.stages if result.stands)
        option = f" --stage {n_next}" if n_next < len(record.stages) else ""
        return f"Next: python grade.py run {name}{option}   (what it asks for:  python grade.py show {name})"
    return f"Next: fix it, then  python grade.py run {name}   (stuck?  python grade.py hint {name})"
