"""The record of one grading: what every report is drawn from, as JSON on disk."""

from __future__ import annotations

import contextlib
import json
import math
import os
import platform
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.catalogue.challenges import ROOT, Challenge
from grader.catalogue.hints import hints_read
from grader.catalogue.submission import Submission
from grader.errors import GradingError
from grader.judge.stage_result import StageResult
from grader.judge.verdict import Check, RunOutcome, Score
from grader.system.files import writing

if TYPE_CHECKING:  # it imports pytest and NumPy; `list` must not pay for that
    from grader.judge.race import RaceResult

SCHEMA = 1
RECORDS = ROOT / ".grade" / "records"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One grading, complete: a report needs nothing else.

    Args:
        when: UTC, ISO 8601.
        seconds: Wall time of the whole grading.
        hints: Levels of hints that had been read.
        environment: Versions and machine.
        stages: How each stage did; empty where there are none.
    """

    challenge: str
    when: str
    pass_mark: int
    submission: Submission
    seed: int
    seconds: float
    checks: tuple[Check, ...]
    races: tuple[RaceResult, ...]
    score: Score
    hints: int
    environment: dict[str, Any]
    stages: tuple[StageResult, ...] = ()

    @property
    def outcome(self) -> RunOutcome:
        """How the run ended."""
        return self.score.outcome

    def to_json(self, *, with_traces: bool = False) -> dict[str, Any]:
        """The document that `--json` prints; `schema` grows when its meaning changes.

        Args:
            with_traces: Include what Ray did in a round of each side: the record keeps it, the terminal does
                not print it.
        """
        return {
            "schema": SCHEMA,
            "challenge": self.challenge,
            "when": self.when,
            "score": self.score.earned,
            "max_score": 100,
            "judged_points": self.score.judged,
            "passed": self.score.passed,
            "outcome": self.score.outcome,
            "seed": self.seed,
            "seconds": round(self.seconds, 2),
            "hints": self.hints,
            "solution": {
                "path": str(self.submission.path),
                "sha256": self.submission.sha256,
                "kind": self.submission.kind,
            },
            "checks": [_check_json(check) for check in self.checks],
            "benchmark": [_race_json(race, with_traces=with_traces) for race in self.races],
            "environment": self.environment,
            **({"stages": [result.to_json() for result in self.stages]} if self.stages else {}),
        }


def make_record(
    *,
    challenge: Challenge,
    submission: Submission,
    seed: int,
    checks: Sequence[Check],
    score: Score,
    races: Sequence[RaceResult],
    seconds: float,
    stages: Sequence[StageResult] = (),
) -> Record:
    """Put a run's parts together with what is known about the machine."""
    return Record(
        challenge=challenge.name,
        when=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        pass_mark=challenge.pass_mark,
        submission=submission,
        seed=seed,
        seconds=seconds,
        checks=tuple(checks),
        races=tuple(races),
        score=score,
        hints=hints_read(challenge.name),
        environment=environment(),
        stages=tuple(stages),
    )


def environment() -> dict[str, Any]:
    """Versions and machine, for comparing records."""
    return {
        "ray": version("ray"),
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "platform": platform.platform(),
    }


class RunningRecord:
    """A run's record on disk from its first verdict on: whatever ends the run, what was judged is kept.

    Attributes:
        path: Where it is; None before the first verdict.
        n_judged: How many behaviours have ended.
        is_whole: Whether the run finished.
    """

    def __init__(self) -> None:
        self.path: Path | None = None
        self.n_judged = 0
        self.is_whole = False

    def keep(self, record: Record) -> None:
        """Replace what is there with the record so far; if that cannot be written, `finish` will say so."""
        with contextlib.suppress(GradingError):
            self.path = save_record(record, at=self.path)
            self.n_judged = len(record.checks)

    def finish(self, record: Record) -> None:
        """Replace what is there with the whole record.

        Raises:
            GradingError: It cannot be written.
        """
        self.path = save_record(record, at=self.path)
        self.is_whole = True

    def drop(self) -> None:
        """Remove the partial record of a run that another one replaces; a whole record stays."""
        if self.path is not None and not self.is_whole:
            self.path.unlink(missing_ok=True)
            self.path = None


def save_record(record: Record, folder: Path = RECORDS, *, at: Path | None = None) -> Path:
    """Write a record below `.grade`; a record is there whole or not at all.

    Args:
        record: What to keep.
        folder: Where all records are.
        at: An earlier state of this record, to be replaced; None for a new file.

    Raises:
        GradingError: It cannot be written, for example because the disk is full.
    """
    own = folder / record.challenge
    name = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    text = json.dumps(record.to_json(with_traces=True), allow_nan=False)
    part_path: Path | None = None
    try:
        with writing(own):
            own.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                "w", encoding="utf-8", dir=own, prefix=".", suffix=".part", delete=False
            ) as part:
                part_path = Path(part.name)
                part.write(text)
            target = at or own / f"{name}-{record.seed}-{part_path.stem.lstrip('.')}.json"
            os.replace(part.name, target)  # noqa: PTH105
    except GradingError:
        if part_path is not None:
            part_path.unlink(missing_ok=True)
        raise
    return target


def _check_json(check: Check) -> dict[str, Any]:
    return {
        "name": check.behaviour.name,
        "title": check.behaviour.title,
        "category": check.behaviour.category,
        "required": check.behaviour.required,
        "points": check.behaviour.points,
        "earned": check.earned,
        "outcome": check.outcome,
        "message": check.message,
        "observed": _finite(check.observed),
        "limit": _finite(check.limit),
        "unit": check.unit,
        "seconds": check.seconds,
        "output": check.output,
        **({"stage": check.behaviour.stage} if check.behaviour.stage else {}),
    }


def _finite(value: float | str | None) -> float | str | None:
    """JSON has no infinity and no NaN: they are shown as text."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _race_json(race: RaceResult, *, with_traces: bool) -> dict[str, Any]:
    traces = {side: trace.to_json() for side, trace in race.traces.items()}
    return {
        "name": race.name,
        "ratio": round(race.speed.ratio, 3),
        "interval": [round(x, 3) for x in race.speed.interval],
        "band": [round(x, 3) for x in race.speed.band],
        "state": race.speed.state,
        "rounds": len(race.rounds.learner_s),
        "learner_s": [round(s, 5) for s in race.rounds.learner_s],
        "reference_s": [round(s, 5) for s in race.rounds.reference_s],
        "baseline_s": [round(s, 5) for s in race.rounds.baseline_s],
        **({"traces": traces} if with_traces and traces else {}),
    }
