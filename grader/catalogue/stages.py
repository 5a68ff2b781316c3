"""A stage of a challenge, and which part of a Markdown text belongs to it.

The brief, the hints and the notes on the reference have a heading for each stage: `## Stage 2: Its title`.
The stage's part goes from there to the next heading of the same level or a higher one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LEAST, MOST = 2, 5
_HEADING = re.compile(r"(?P<marks>#{1,6}) +(?P<title>.*?) *")
_STAGE = re.compile(r"Stage (?P<number>\d+): *(?P<title>.*)")
_FENCE = re.compile(r" {0,3}(```|~~~)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A capability that stands by itself, one of several that a challenge asks for.

    Args:
        number: Its place in the order in which one would build them, from 1.
        title: What can be done once it stands.
        minutes: How long a person who knows Ray takes for it.
    """

    number: int
    title: str
    minutes: int

    @property
    def heading(self) -> str:
        """Its number and title, as headings have them."""
        return f"Stage {self.number}: {self.title}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePart:
    """What a text says about one stage.

    Args:
        number: Of the stage.
        title: As the heading has it.
        marks: The `#`s of the heading.
        text: What is below it.
    """

    number: int
    title: str
    marks: str
    text: str


def stage_parts(text: str) -> list[StagePart]:
    """The parts of a Markdown text that belong to stages, in its order."""
    lines = text.splitlines()
    headings = list(_headings(lines))
    found = []
    for n, (line, marks, title) in enumerate(headings):
        stage = _STAGE.fullmatch(title)
        if stage is None:
            continue
        ends = (below for below, other, _ in headings[n + 1 :] if len(other) <= len(marks))
        body = "\n".join(lines[line + 1 : next(ends, len(lines))]).strip()
        found.append(
            StagePart(number=int(stage["number"]), title=stage["title"].strip(), marks=marks, text=body)
        )
    return found


def stage_part(text: str, number: int) -> StagePart | None:
    """The part of one stage; None where the text has none."""
    return next((part for part in stage_parts(text) if part.number == number), None)


def _headings(lines: list[str]) -> Iterator[tuple[int, str, str]]:
    """Line, marks and title of each heading; a `#` in a block of code is none."""
    in_code = False
    for n, line in enumerate(lines):
        if _FENCE.match(line):
            in_code = not in_code
        elif not in_code and (heading := _HEADING.fullmatch(line)):
            yield n, heading["marks"], heading["title"]


def stages_in_words(stages: tuple[Stage, ...], *, with_minutes: bool = True) -> str:
    """Which stages these are, and how long they take: "stages 1 and 2: 35 min"."""
    first, last = stages[0].number, stages[-1].number
    named = {1: f"stage {first}", 2: f"stages {first} and {last}"}.get(
        len(stages), f"stages {first} to {last}"
    )
    return f"{named}: {sum(stage.minutes for stage in stages)} min" if with_minutes else named
