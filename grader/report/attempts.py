"""A learner's attempts, read back from the records: what every list, history and report is drawn from."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.explain.trace import Trace, from_json
from grader.judge.record import RECORDS

CSV_COLUMNS = (
    "challenge", "when", "kind", "score", "judged_points", "outcome", "ratio", "ratio_judged", "seed",
    "seconds", "hints", "sha256", "stages_standing",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One grading of the past.

    Args:
        when: UTC, ISO 8601.
        kind: Of the file: "solution", "stub" or "file".
        score: Points earned of 100.
        judged: Points that were judged.
        ratio: Time over the reference's; None where no race was run.
        is_ratio_sure: Whether the ratio was judged: on a busy machine it may say too little.
        hints: Levels of hints that had been read by then.
        document: The whole record, as `--json` prints it.
    """

    challenge: str
    when: str
    kind: str
    score: float
    judged: float
    outcome: str
    ratio: float | None
    is_ratio_sure: bool
    seed: int
    seconds: float
    hints: int
    sha256: str
    document: dict[str, Any]

    @property
    def passed(self) -> bool:
        """Whether it passed."""
        return self.outcome == "passed"

    @property
    def speed(self) -> str:
        """The ratio as people read it, in brackets where it was not judged; empty without a race."""
        if self.ratio is None:
            return ""
        return f"{self.ratio:.2f}x" if self.is_ratio_sure else f"({self.ratio:.2f}x)"


def read_attempts(name: str | None = None, folder: Path = RECORDS) -> tuple[list[Attempt], list[str]]:
    """Every attempt at one challenge, or at all, oldest first.

    Args:
        name: Of the challenge; None for all.
        folder: Where the records lie.

    Returns:
        The attempts, and a line for each file that could not be read: nothing is lost in silence.
    """
    found, broken = [], []
    for path in sorted(folder.glob(f"{name or '*'}/*.json")):
        try:
            found.append(attempt_of(json.loads(path.read_text(encoding="utf-8")), path))
        except (ValueError, KeyError, TypeError, OSError) as error:
            broken.append(f"{path}: no record that can be read ({type(error).__name__}: {error})")
    return sorted(found, key=lambda attempt: attempt.when), broken


def attempt_of(document: dict[str, Any], path: Path) -> Attempt:
    """The grading that a record describes; the file's name has the time of records that do not hold it."""
    races = document["benchmark"]
    return Attempt(
        challenge=document["challenge"],
        when=document.get("when") or _when_from(path),
        kind=document["solution"]["kind"],
        score=float(document["score"]),
        judged=float(document.get("judged_points", 100)),
        outcome=document["outcome"],
        ratio=races[0]["ratio"] if races else None,
        is_ratio_sure=all(race.get("state", "clear") == "clear" for race in races),
        seed=int(document["seed"]),
        seconds=float(document["seconds"]),
        hints=int(document.get("hints", 0)),
        sha256=document["solution"]["sha256"],
        document=document,
    )


def _when_from(path: Path) -> str:
    """The time in a record's name, for records that do not hold it."""
    stamp = path.name.split("-", 1)[0]
    day, clock = stamp.split("T")
    return f"{day[:4]}-{day[4:6]}-{day[6:8]}T{clock[:2]}:{clock[2:4]}:{clock[4:6]}Z"


def own(attempts: Iterable[Attempt]) -> list[Attempt]:
    """Attempts with a solution of one's own: the stub and files graded by path do not count."""
    return [attempt for attempt in attempts if attempt.kind == "solution"]


def best(attempts: Sequence[Attempt]) -> Attempt | None:
    """The attempt to be proud of: passed before not passed, then by score."""
    return max(own(attempts), key=lambda a: (a.passed, a.score), default=None)


def traces_of(attempt: Attempt | None) -> dict[str, Trace]:
    """Both sides' traces of an attempt by the names people read; empty where none were kept."""
    if attempt is None:
        return {}
    for race in attempt.document["benchmark"]:
        kept = race.get("traces")
        if kept:
            return {"yours": from_json(kept["learner"]), "reference": from_json(kept["reference"])}
    return {}


def trend(attempts: Sequence[Attempt], width: int = 24) -> str:
    """The latest scores as a line of blocks, oldest first; empty without any."""
    blocks = "▁▂▃▄▅▆▇█"
    scores = [attempt.score for attempt in attempts][-width:]
    return "".join(blocks[min(int(score / 100 * len(blocks)), len(blocks) - 1)] for score in scores)


def to_csv(attempts: Iterable[Attempt]) -> str:
    """The attempts as CSV with a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for a in attempts:
        speed = ("", "") if a.ratio is None else (a.ratio, "yes" if a.is_ratio_sure else "no")
        row = [a.challenge, a.when, a.kind, a.score, a.judged, a.outcome, *speed]
        standing = " ".join(str(s["number"]) for s in a.document.get("stages", ()) if s["stands"])
        writer.writerow([*row, a.seed, a.seconds, a.hints, a.sha256, standing])
    return text.getvalue()
