"""What the teacher's page shows: how a class did, what failed and why, and what to look at. Pure.

The page is drawn by a template of `grader.report`; this gathers what stands on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from grader.batch.alike import Pair
from grader.batch.job import HandedIn
from grader.batch.rows import NOT_GRADED, Row
from grader.judge.verdict import UNJUDGED
from grader.report.page import environment
from grader.report.terminal import WORDS
from grader.words import counted, printable

N_BINS = 10
N_COMMONEST = 12
N_SLOWEST = 10
N_PAIRS = 20
N_WHO = 6
_SHOWN_LINES = 200
_VARYING = re.compile(r"""`[^`\n]*`|'[^'\n]*'|"[^"\n]*"|\d[\d,.]*""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Scores from one bound to the next."""

    label: str
    n: int
    percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Hurdle:
    """A behaviour, and how many did not pass it."""

    title: str
    name: str
    n_failed: int
    n_judged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A diagnosis that several got, whatever its numbers and names were.

    Args:
        title: Of the behaviour.
        word: How it ended.
        example: The first message of this kind.
        who: Some of those who got it.
        n: How many got it.
    """

    title: str
    word: str
    example: str
    who: str
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """How a class did with one challenge."""

    name: str
    n: int
    n_passed: int
    mean: float
    bins: list[Bin]
    hurdles: list[Hurdle]
    causes: list[Cause]
    slowest: list[Row]
    open_rows: list[Row]


def render_class(
    rows: Sequence[Row],
    *,
    seed: int,
    equal: Sequence[Sequence[HandedIn]],
    near: Sequence[Pair],
    pages: dict[str, str],
) -> str:
    """The teacher's page as HTML.

    Args:
        rows: All gradings.
        seed: Of the batch.
        equal: Groups of equal files.
        near: Pairs of files that are nearly equal.
        pages: Where each person's page is, relative to this one.
    """
    names = dict.fromkeys(row.challenge for row in rows)
    return environment().get_template("class.html.j2").render(
        challenges=[challenge_of(name, [row for row in rows if row.challenge == name]) for name in names],
        rows=rows,
        n_people=counted(len({row.who for row in rows}), "name"),
        n_gradings=counted(len(rows), "grading"),
        seed=seed,
        pages=pages,
        equal=equal,
        near=near[:N_PAIRS],
        n_near_more=max(len(near) - N_PAIRS, 0),
        source=shown_source,
        printable=printable,
    )  # fmt: skip


def challenge_of(name: str, rows: Sequence[Row]) -> Challenge:
    """What is shown of one challenge."""
    graded = [row for row in rows if row.outcome != NOT_GRADED]
    raced = [row for row in graded if row.ratio is not None]
    return Challenge(
        name=name,
        n=len(rows),
        n_passed=sum(row.passed for row in rows),
        mean=sum(row.score for row in graded) / len(graded) if graded else 0.0,
        bins=bins_of(row.score for row in graded),
        hurdles=hurdles_of(graded),
        causes=causes_of(graded),
        slowest=sorted(raced, key=lambda row: -(row.ratio or 0.0))[:N_SLOWEST],
        open_rows=[row for row in rows if row.is_open],
    )


def bins_of(scores: Iterable[float]) -> list[Bin]:
    """How many have which score; 100 has its own place."""
    counts = [0] * (N_BINS + 1)
    for score in scores:
        counts[int(score * N_BINS // 100)] += 1
    width = 100 // N_BINS
    most = max(counts) or 1
    labels = [f"{width * n} to {width * (n + 1) - 1}" for n in range(N_BINS)] + ["100"]
    return [Bin(label=label, n=n, percent=100 * n / most) for label, n in zip(labels, counts, strict=True)]


def hurdles_of(rows: Sequence[Row]) -> list[Hurdle]:
    """The behaviours, by how many failed them."""
    found: dict[str, Hurdle] = {}
    for check in (check for row in rows for check in row.checks):
        before = found.get(check["name"])
        judged = check["outcome"] not in UNJUDGED
        failed = judged and check["outcome"] not in ("pass", "partial")
        found[check["name"]] = Hurdle(
            title=check["title"],
            name=check["name"],
            n_failed=(before.n_failed if before else 0) + failed,
            n_judged=(before.n_judged if before else 0) + judged,
        )
    return sorted(found.values(), key=lambda hurdle: -hurdle.n_failed)


def causes_of(rows: Sequence[Row]) -> list[Cause]:
    """The commonest diagnoses: messages that differ only in numbers and names count as one."""
    found: dict[tuple[str, str], list[tuple[Row, dict[str, str]]]] = {}
    for row in rows:
        for check in row.checks:
            if check["outcome"] not in ("pass", "partial", *UNJUDGED):
                key = check["name"], _VARYING.sub("…", first_sentence(check["message"]))
                found.setdefault(key, []).append((row, check))
    causes = []
    for group in found.values():
        people = list(dict.fromkeys(row.who for row, _ in group))
        first = group[0][1]
        causes.append(
            Cause(
                title=first["title"],
                word=WORDS[first["outcome"]][0],
                example=printable(first_sentence(first["message"])),
                who=", ".join(people[:N_WHO])
                + (f" and {len(people) - N_WHO} more" if len(people) > N_WHO else ""),
                n=len(people),
            )
        )
    return sorted(causes, key=lambda cause: -cause.n)[:N_COMMONEST]


def first_sentence(message: str) -> str:
    """What a diagnosis says first."""
    line = message.strip().splitlines()[0] if message.strip() else ""
    return re.split(r"(?<=[.!?])\s", line, maxsplit=1)[0][:300]


def shown_source(file: HandedIn) -> str:
    """A submission as the page shows it, cut down if it is long."""
    lines = printable(file.source.decode("utf-8", errors="replace")).splitlines()
    more = [f"… {len(lines) - _SHOWN_LINES} more lines"] if len(lines) > _SHOWN_LINES else []
    return "\n".join(lines[:_SHOWN_LINES] + more)
