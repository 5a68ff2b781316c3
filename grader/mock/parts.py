"""The parts of a card: how each challenge and each question of a mock went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from grader.catalogue.challenges import Challenge
from grader.catalogue.questions import Question
from grader.catalogue.stages import stages_in_words
from grader.judge.verdict import UNJUDGED
from grader.mock.journal import Journal
from grader.mock.sitting import Sitting
from grader.words import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """How one challenge or question went.

    Args:
        kind: "coding", "choice", "short" or "design".
        name: Name of the challenge, or id of the question.
        topic: Track of the challenge, or topic of the question.
        minutes: How long it is meant to take, which is its weight.
        share: How much of it was earned on time, 0 to 1.
        late_share: How much of it was earned by what came late; None if nothing did.
        self_scored: Whether candidates judge it themselves.
        spent_s: Time spent on it, as far as it is known.
        tries: How many trial gradings there were.
        hints: How many hints were read.
        answered: Whether there was anything to judge.
        asked: Which stages were asked for, in words; empty for a whole challenge and for a question.
        beyond: Numbers of the stages that stand although they were not asked for.
        beyond_points: What was earned in stages that were not asked for; it is no part of the share.
    """

    kind: str
    name: str
    topic: str
    minutes: int
    share: float
    late_share: float | None
    self_scored: bool
    spent_s: float
    tries: int
    hints: int
    answered: bool
    asked: str = ""
    beyond: tuple[int, ...] = ()
    beyond_points: float = 0.0

    @property
    def label(self) -> str:
        """Its name, and which stages were asked for."""
        return f"{self.name}, {self.asked}" if self.asked else self.name

    def remarks(self) -> str:
        """What to know besides the share, in words."""
        marks = ["self-scored"] if self.self_scored else []
        if not self.answered:
            marks.append("untouched" if self.kind == "coding" else "not answered")
        if self.late_share is not None:
            marks.append(f"late: {100 * self.late_share:.0f} %")
        if self.kind == "coding":
            marks.append("1 try" if self.tries == 1 else f"{self.tries} tries")
            marks.append(counted(self.hints, "hint"))
        if self.beyond_points:
            reached = f"stage {' and '.join(map(str, self.beyond))} and " if self.beyond else ""
            marks.append(f"beyond that: {reached}{self.beyond_points:g} points")
        return ", ".join(marks)


def coding_part(sitting: Sitting, challenge: Challenge) -> Part:
    """How one of the coding challenges went."""
    journal, name = sitting.journal, challenge.name
    late_record = final_record(journal, name, late=True)
    changes = sitting.versions(name)[1:]  # the first version is the stub
    tries = [entry for entry in journal.entries_of("tried") if entry.facts["challenge"] == name]
    hints = [entry for entry in journal.entries_of("hinted") if entry.facts["challenge"] == name]
    stages = sitting.asked_stages(challenge)
    n_stages, record = len(stages), final_record(journal, name, late=False)
    work_at_s = [version.at_s for version in changes] + [entry.at_s for entry in tries]
    return Part(
        kind="coding",
        name=name,
        topic=challenge.track,
        minutes=sum(stage.minutes for stage in stages) or challenge.minutes,
        share=_share(record, n_stages),
        late_share=None if late_record is None else _share(late_record, n_stages),
        self_scored=False,
        spent_s=max(work_at_s) - min(work_at_s) if work_at_s else 0.0,
        tries=len(tries),
        hints=len(hints),
        answered=bool(changes),
        asked=stages_in_words(stages, with_minutes=False) if stages else "",
        beyond=_beyond(record, n_stages),
        beyond_points=_beyond_points(record, n_stages),
    )


def asked_checks(record: dict[str, Any] | None, n_stages: int) -> list[dict[str, Any]]:
    """The checks of the stages that were asked for and could be judged; of all of them if `n_stages` is 0."""
    checks = record["checks"] if record is not None else []
    judged = [check for check in checks if check["outcome"] not in UNJUDGED]
    return [check for check in judged if not n_stages or check.get("stage", 0) <= n_stages]


def _beyond(record: dict[str, Any] | None, n_stages: int) -> tuple[int, ...]:
    """The stages that stand although they were not asked for."""
    stages = record.get("stages", ()) if record is not None and n_stages else ()
    return tuple(stage["number"] for stage in stages if stage["number"] > n_stages and stage["stands"])


def _beyond_points(record: dict[str, Any] | None, n_stages: int) -> float:
    """What was earned in stages that were not asked for."""
    checks = record["checks"] if record is not None and n_stages else []
    return round(sum(float(check["earned"]) for check in checks if check.get("stage", 0) > n_stages), 1)


def _share(record: dict[str, Any] | None, n_stages: int) -> float:
    """How much of the judged points of what was asked for a grading earned."""
    if record is None:
        return 0.0
    if n_stages:
        checks = asked_checks(record, n_stages)
        points = sum(check["points"] for check in checks) or 1
        return round(float(sum(check["earned"] for check in checks)) / points, 4)
    judged = float(record.get("judged_points", 100)) or 100.0
    return round(float(record["score"]) / judged, 4)


def question_part(sitting: Sitting, question: Question) -> Part:
    """How one of the questions went."""
    answer = sitting.answers().get(question.id)
    share = 0.0 if answer is None else round(_answer_share(sitting.journal, question, answer), 4)
    is_late = answer is not None and answer["late"]
    return Part(
        kind=question.kind,
        name=question.id,
        topic=question.topic,
        minutes=question.minutes,
        share=0.0 if is_late else share,
        late_share=share if is_late else None,
        self_scored=question.kind != "choice",
        spent_s=answer["spent_s"] if answer is not None else 0.0,
        tries=0,
        hints=0,
        answered=answer is not None,
    )


def _answer_share(journal: Journal, question: Question, answer: dict[str, Any]) -> float:
    """Whether the choice was right, or how many points of the rubric were ticked last."""
    if question.kind == "choice":
        return float(answer["choice"] == question.answer)
    for entry in reversed(journal.entries_of("scored")):
        if entry.facts["question"] == question.id:
            ticks: list[bool] = entry.facts["ticks"]
            return sum(ticks) / len(ticks) if ticks else 0.0
    return 0.0


def final_record(journal: Journal, challenge: str, *, late: bool) -> dict[str, Any] | None:
    """The record of a challenge's final grading: of the version on time, or of the late one."""
    for entry in reversed(journal.entries_of("graded")):
        if entry.facts["challenge"] == challenge and entry.facts["late"] == late:
            record: dict[str, Any] = entry.facts["record"]
            return record
    return None
