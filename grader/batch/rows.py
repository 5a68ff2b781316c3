"""From the journal to rows: what the table of results and the pages show of each grading. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from grader.batch.job import not_judged
from grader.batch.journal import Line

COLUMNS = (
    "who", "challenge", "repeat", "score", "judged_points", "passed", "stage", "ratio", "ratio_judged",
    "outcome", "seed", "sha256", "seconds", "node", "tries", "file", "problem",
)  # fmt: skip
NOT_GRADED = "not graded"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One grading.

    Args:
        stage: How many stages stand, counted from the first; None where there are none.
        ratio: Time over the reference's; None without a race.
        is_ratio_sure: Whether it was judged.
        outcome: Of the record; "not graded" if nothing was judged.
        checks: The behaviours, as in the record.
    """

    who: str
    challenge: str
    repeat: int
    score: float
    judged: float
    passed: bool
    stage: int | None
    ratio: float | None
    is_ratio_sure: bool
    outcome: str
    seed: int
    sha256: str
    seconds: float
    node: str
    tries: int
    file: str
    problem: str
    checks: Sequence[dict[str, Any]] = field(default=(), repr=False)

    @property
    def is_open(self) -> bool:
        """Whether something was not judged."""
        return self.outcome == NOT_GRADED or not_judged(self.checks)


def row_of(line: Line) -> Row:
    """What a line of the journal says."""
    document = line.document or {}
    races = document.get("benchmark", ())
    return Row(
        who=line.who,
        challenge=line.challenge,
        repeat=line.repeat,
        score=float(document.get("score", 0.0)),
        judged=float(document.get("judged_points", 0.0)),
        passed=bool(document.get("passed", False)),
        stage=_standing(document["stages"]) if "stages" in document else None,
        ratio=races[0]["ratio"] if races else None,
        is_ratio_sure=all(race["state"] == "clear" for race in races),
        outcome=document.get("outcome", NOT_GRADED),
        seed=line.seed,
        sha256=line.sha256,
        seconds=line.seconds,
        node=line.node,
        tries=line.tries,
        file=line.file,
        problem=line.problem,
        checks=tuple(document.get("checks", ())),
    )


def to_csv(rows: Iterable[Row]) -> str:
    """All rows with a header; a column for each behaviour holds how it ended.

    A cell that a spreadsheet would take for a formula starts with an apostrophe.
    """
    all_rows = list(rows)
    behaviours = list(dict.fromkeys(f"{r.challenge}.{c['name']}" for r in all_rows for c in r.checks))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*COLUMNS, *behaviours])
    for row in all_rows:
        ended = {f"{row.challenge}.{check['name']}": check["outcome"] for check in row.checks}
        writer.writerow([*map(_cell, _fields(row)), *(ended.get(name, "") for name in behaviours)])
    return text.getvalue()


def _fields(row: Row) -> tuple[Any, ...]:
    ratio = ("", "") if row.ratio is None else (row.ratio, "yes" if row.is_ratio_sure else "no")
    graded = row.outcome != NOT_GRADED
    return (
        row.who, row.challenge, row.repeat, row.score if graded else "", row.judged,
        "yes" if row.passed else "no", "" if row.stage is None else row.stage, *ratio,
        row.outcome, row.seed, row.sha256, row.seconds, row.node, row.tries, row.file, row.problem,
    )  # fmt: skip


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _standing(stages: Sequence[dict[str, Any]]) -> int:
    n = 0
    for stage in stages:
        if not stage["stands"]:
            break
        n += 1
    return n
