"""Verbs that only read: list, show, hint, history."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table
from rich.text import Text

from grader.catalogue.challenges import Challenge, find_challenge, read_catalogue
from grader.catalogue.hints import hint_levels, hints_read, note_hint
from grader.commands.shared import AsJson, Name
from grader.errors import UsageError
from grader.mock.sitting import note_hint_in_mock
from grader.report.attempts import Attempt, best, own, read_attempts, to_csv, trend
from grader.report.terminal import say
from grader.system.files import write_for_user


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a learner is with one challenge.

    Args:
        challenge: Which.
        attempts: With a solution of one's own, oldest first.
    """

    challenge: Challenge
    attempts: Sequence[Attempt]

    @property
    def best(self) -> Attempt | None:
        """The attempt to be proud of."""
        return best(self.attempts)

    @property
    def state(self) -> str:
        """passed, tried, started, or new."""
        if self.best is not None:
            return "passed" if self.best.passed else "tried"
        return "started" if self.challenge.solution_path.exists() else "new"

    def to_json(self) -> dict[str, Any]:
        """For `list --json`."""
        keys = ("name", "title", "summary", "track", "kind", "level", "minutes", "pass_mark")
        return {key: getattr(self.challenge, key) for key in keys} | {
            "started": self.challenge.solution_path.exists(),
            "state": self.state,
            "best_score": self.best.score if self.best else None,
            "attempts": len(self.attempts),
            "hints_read": hints_read(self.challenge.name),
        }


def standings(challenges: Sequence[Challenge]) -> list[Standing]:
    """How far a learner is with each challenge, from the records."""
    attempts = own(read_attempts()[0])
    return [Standing(c, [a for a in attempts if a.challenge == c.name]) for c in challenges]


def what_next(found: Sequence[Standing]) -> str:
    """The command to type next: go on with what was begun, else begin the next one."""
    for state, words in (("tried", "run"), ("started", "run"), ("new", "start")):
        there = [standing.challenge for standing in found if standing.state == state]
        if there:
            easiest = min(there, key=lambda challenge: challenge.level)
            return f"Next: python grade.py {words} {easiest.name}"
    return "Next: python grade.py history"


def list_challenges(
    track: Annotated[str | None, typer.Option(help="Only this track.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only fix, optimise, debug, implement or design.")] = None,
    level: Annotated[int | None, typer.Option(min=1, max=5, help="Only this level.")] = None,
    state: Annotated[str | None, typer.Option(help="Only new, started, tried or passed.")] = None,
    as_json: AsJson = False,
    markdown: Annotated[bool, typer.Option(help="Print the table of the README.")] = False,
) -> None:
    """Show all challenges in learning order, and how far you are."""
    challenges = read_catalogue()
    if markdown:
        typer.echo(markdown_table(challenges))
        return
    wanted = {"track": track, "kind": kind, "level": level}
    for key, value in wanted.items():
        known = sorted({getattr(c, key) for c in challenges})
        if value is not None and value not in known:
            raise UsageError(f"--{key} {value}: there is {', '.join(map(str, known))}")
    if state not in (None, "new", "started", "tried", "passed"):
        raise UsageError(f"--state {state}: there is new, started, tried, passed")
    found = [
        standing
        for standing in standings(challenges)
        if all(value in (None, getattr(standing.challenge, key)) for key, value in wanted.items())
        and state in (None, standing.state)
    ]
    if as_json:
        typer.echo(json.dumps([standing.to_json() for standing in found], indent=1))
        return
    console = Console(highlight=False)
    for line in _lines(found, console.width):
        console.print(line, soft_wrap=True)
    say(what_next(found))


def _lines(found: Sequence[Standing], width: int) -> list[Text]:
    """A heading for each track, a line for each challenge; on a narrow terminal without the summary."""
    lines: list[Text] = []
    track = None
    for standing in found:
        c = standing.challenge
        if c.track != track:
            track = c.track
            lines.append(Text(track, style="bold"))
        mark, style = {"passed": ("x", "green"), "tried": ("~", "yellow"), "started": (".", "yellow")}.get(
            standing.state, (" ", "")
        )
        score = f"{standing.best.score:5.1f}" if standing.best else "    -"
        line = Text("  [").append(mark, style=style).append("] ")
        line.append(f"{c.name:<20} {score}  {c.kind:<9} level {c.level} {c.minutes:>3} min")
        if width >= 100:
            lines += [line, *(Text(" " * 6 + part, style="dim") for part in wrap(c.summary, width - 6))]
        else:
            lines.append(line)
    return [*lines, Text("  [ ] new  [.] started  [~] tried  [x] passed", style="dim")]


def markdown_table(challenges: Sequence[Challenge]) -> str:
    """The challenges as a Markdown table."""
    rows = [
        f"| [{c.name}](challenges/{c.name}/README.md) | {c.kind} | {c.level} | {c.minutes} | {c.summary} |"
        for c in challenges
    ]
    return "\n".join(["| name | kind | level | minutes | story |", "|---|---|---|---|---|", *rows])


def show(name: Name) -> None:
    """Show a challenge's brief."""
    challenge = find_challenge(name)
    console = Console()
    console.print(Markdown((challenge.folder / "README.md").read_text(encoding="utf-8")))
    verb = "run" if challenge.solution_path.exists() else "start"
    say(f"\nNext: python grade.py {verb} {challenge.name}")


def hint(
    name: Name,
    again: Annotated[bool, typer.Option(help="Show what you have read before, and no more.")] = False,
) -> None:
    """Show one more level of hints; how many you have read is kept with your scores."""
    challenge = find_challenge(name)
    levels = hint_levels(challenge)
    before = min(hints_read(challenge.name), len(levels))
    if again and not before:
        raise UsageError(f"You have read no hint for {challenge.name} yet.")
    shown = range(before) if again else [min(before, len(levels) - 1)]
    console = Console()
    for n in shown:
        title, text = levels[n]
        console.print(Text(f"Hint {n + 1} of {len(levels)}: {title}", style="bold"))
        console.print(Markdown(text))
    if not again and before < len(levels):
        before = note_hint(challenge.name)
        note_hint_in_mock(challenge.name)
    say("")
    if before < len(levels):
        say(f"Next: python grade.py run {challenge.name}, or  python grade.py hint {challenge.name}")
    else:
        say(f"That is all there is. Next: python grade.py run {challenge.name}")


def history(
    name: Annotated[str | None, typer.Argument(help="Of one challenge; all without.")] = None,
    csv: Annotated[
        Path | None, typer.Option(help="Write the attempts to this file; - for the output.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show your attempts: scores, speed, hints and where it is going."""
    challenge = find_challenge(name) if name is not None else None
    attempts, broken = read_attempts(challenge.name if challenge else None)
    for line in broken:
        say(f"grade.py: {line}", err=True)
    if csv is not None:
        _write_csv(csv, to_csv(attempts))
        return
    if as_json:
        typer.echo(json.dumps([attempt.document for attempt in attempts], indent=1, ensure_ascii=False))
        return
    if not attempts:
        say("No attempt is recorded yet. Next: python grade.py list")
        return
    console = Console(highlight=False)
    for each in sorted({a.challenge for a in attempts}):
        of_it = [a for a in attempts if a.challenge == each]
        console.print(Text(each, style="bold").append(f"   {trend(own(of_it))}", style="dim"))
        console.print(_table(of_it))
    if not all(a.is_ratio_sure for a in attempts):
        say("Speed in brackets was measured but not judged: the machine was too busy to tell.")
    names = challenge.name if challenge else "NAME"
    say(f"Next: python grade.py run {names}")


def report(
    html: Annotated[Path, typer.Option(help="Write the page to this file.")],
    name: Annotated[str | None, typer.Argument(help="Of one challenge; all without.")] = None,
) -> None:
    """Draw a page of your attempts: scores, rounds, what Ray did; one file that needs no network."""
    from grader.report.page import render

    challenges = [find_challenge(name)] if name is not None else read_catalogue()
    attempts, broken = read_attempts(name)
    for line in broken:
        say(f"grade.py: {line}", err=True)
    if not attempts:
        raise UsageError("No attempt is recorded yet. Next: python grade.py list")
    write_for_user(html, render(challenges, attempts))
    say(f"Wrote {html}")


def _write_csv(path: Path, text: str) -> None:
    if str(path) == "-":
        typer.echo(text, nl=False)
        return
    write_for_user(path, text)
    say(f"Wrote {path}")


def _table(attempts: Sequence[Attempt]) -> Table:
    table = Table(box=None, pad_edge=True)
    for column in ("when (UTC)", "file", "score", "outcome", "speed", "hints", "seed"):
        table.add_column(column, justify="right" if column in ("score", "speed", "hints", "seed") else "left")
    for a in attempts:
        score = f"{a.score:g}" if a.judged == 100 else f"{a.score:g}/{a.judged:g}"
        table.add_row(
            a.when.rstrip("Z").replace("T", " "), a.kind, score, a.outcome, a.speed, str(a.hints), str(a.seed)
        )
    return table
