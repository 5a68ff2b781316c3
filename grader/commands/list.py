"""The verb list: all challenges, and how far the learner is with each."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from grader.catalogue.challenges import Challenge, read_catalogue
from grader.commands.options import AsJson, require_known
from grader.commands.standing import STATES, Standing, next_command, standings
from grader.report.terminal import say
from grader.words import as_called, counted

_MARKS = {"passed": ("x", "green"), "tried": ("~", "yellow"), "started": (".", "yellow"), "new": (" ", "")}
_ROOM_FOR_SUMMARIES = 100


def list_challenges(
    track: Annotated[str | None, typer.Option(help="Only challenges of this track.")] = None,
    kind: Annotated[
        str | None,
        typer.Option(help="Only challenges of this kind: fix, optimise, debug, implement or design."),
    ] = None,
    level: Annotated[int | None, typer.Option(min=1, max=5, help="Only challenges of this level.")] = None,
    state: Annotated[
        str | None, typer.Option(help="Only challenges in this state: new, started, tried or passed.")
    ] = None,
    as_json: AsJson = False,
    markdown: Annotated[
        bool, typer.Option(show_default=False, help="Print the README's table of challenges.")
    ] = False,
) -> None:
    """List all challenges in learning order and show how far you are."""
    from grader.catalogue.questions import read_questions

    challenges = read_catalogue()
    if markdown:
        typer.echo(markdown_table(challenges))
        return
    wanted = {"track": track, "kind": kind, "level": level}
    wanted = {key: value for key, value in wanted.items() if value is not None}
    for key, value in wanted.items():
        require_known(f"--{key}", value, sorted({getattr(challenge, key) for challenge in challenges}))
    if state is not None:
        require_known("--state", state, STATES)
    everything = standings(challenges)
    found = [
        standing
        for standing in everything
        if all(getattr(standing.challenge, key) == value for key, value in wanted.items())
        and state in (None, standing.state)
    ]
    if as_json:
        typer.echo(json.dumps([standing.to_json() for standing in found], indent=1))
        return
    console = Console(highlight=False)
    n_questions = Counter(question.after for question in read_questions())
    for line in _lines(found, n_questions, _by_track(everything), console.width):
        console.print(line, soft_wrap=True)
    say(next_command(found))


def _lines(
    found: Sequence[Standing], n_questions: Mapping[str, int], done: Mapping[str, Text], width: int
) -> Iterator[Text]:
    """A heading for each track, a line for each challenge and, if there is room, its summary.

    Args:
        found: What is listed.
        n_questions: By challenge, how many questions of the bank go with it.
        done: By track, how much of it is done.
        width: Of the terminal, in columns.
    """
    track = None
    for standing in found:
        challenge = standing.challenge
        if challenge.track != track:
            track = challenge.track
            yield Text(f"{track}  ", style="bold").append(done[track])
        yield _line(standing)
        if challenge.stages and standing.state in ("started", "tried"):
            yield Text(" " * 6 + standing.headway.next_words)
        if n_questions.get(challenge.name) and standing.state == "passed":
            questions = counted(n_questions[challenge.name], "question")
            yield Text(f"{' ' * 6}{questions} on it:  ").append(
                as_called(f"python grade.py quiz --after {challenge.name}")
            )
        if width >= _ROOM_FOR_SUMMARIES:
            for part in wrap(challenge.summary, width - 6):
                yield Text(" " * 6 + part, style="dim")
    yield Text("  [ ] new  [.] started  [~] tried  [x] passed", style="dim")
    yield Text("  ● a stage that stands  ○ one to come", style="dim")


def _by_track(everything: Sequence[Standing]) -> dict[str, Text]:
    """How many of each track's challenges are passed."""
    n_all = Counter(standing.challenge.track for standing in everything)
    n_passed = Counter(standing.challenge.track for standing in everything if standing.state == "passed")
    return {
        track: Text(
            f"{n_passed[track]} of {n}", style="not bold green" if n_passed[track] == n else "not bold dim"
        )
        for track, n in n_all.items()
    }


def _line(standing: Standing) -> Text:
    challenge = standing.challenge
    mark, style = _MARKS[standing.state]
    score = f"{standing.best.score:5.1f}" if standing.best else "    -"
    line = Text("  [").append(mark, style=style).append("] ").append(f"{challenge.name:<20} {score}")
    line.append(f"  {challenge.kind:<9} level {challenge.level} {challenge.minutes:>3} min")
    return line.append(f"  {standing.headway.dots}" if challenge.stages else "")


def markdown_table(challenges: Sequence[Challenge]) -> str:
    """The challenges as a Markdown table."""
    rows = [
        f"| [{c.name}](challenges/{c.name}/README.md) | {c.kind} | {c.level} | {len(c.stages) or 1} "
        f"| {c.minutes} | {c.summary} |"
        for c in challenges
    ]
    head = ["| name | kind | level | stages | minutes | story |", "|---|---|---|---|---|---|"]
    return "\n".join([*head, *rows])
