"""The report card of a mock: from its journal and the gradings kept there, nothing else."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from grader.catalogue.challenges import Challenge
from grader.catalogue.questions import Question
from grader.mock.journal import Journal
from grader.mock.sitting import Sitting

SKILLS = ("correctness", "resilience", "performance", "memory", "knowledge")
WEAK = 0.7
SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One challenge or question.

    Args:
        kind: "coding", "choice", "short" or "design".
        name: Of the challenge, or the question's id.
        topic: Of the question; the track of the challenge.
        minutes: What it is meant to take: its weight.
        share: Of its points that was earned in time, 0 to 1.
        late_share: The same of what came late; None when nothing did.
        self_scored: Whether the one who sat it judged it.
        spent_s: Time on it, as far as it is known.
        tries: Trial gradings.
        hints: Hints read.
        answered: Whether there was anything to judge.
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

    def remarks(self) -> str:
        """What to know beside the share, in words."""
        marks = ["self-scored"] if self.self_scored else []
        if not self.answered:
            marks.append("untouched" if self.kind == "coding" else "not answered")
        if self.late_share is not None:
            marks.append(f"late: {100 * self.late_share:.0f} %")
        if self.kind == "coding":
            marks.append(f"{self.tries} tries, {self.hints} hints")
        return ", ".join(marks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a mock comes to.

    Args:
        name: Of the sitting.
        overall: Mean of the parts' shares, weighted by their minutes, in percent.
        self_scored: Percent of the weight that was self-scored.
        parts: In the order of the set.
        skills: By skill, points earned and points there were.
        spent_s: From the beginning to the submission.
        late: Whether anything came late.
        before: Overall of the earlier mocks, oldest first.
        practise: Names of challenges to go on with, and why.
        plan: What was asked.
        facts: Versions and hashes: two cards with equal ones can be compared.
        clock_change_s: By how much the system clock was set meanwhile.
    """

    name: str
    overall: float
    self_scored: float
    parts: tuple[Part, ...]
    skills: dict[str, tuple[float, float]]
    spent_s: float
    late: bool
    before: tuple[float, ...]
    practise: tuple[tuple[str, str], ...]
    plan: dict[str, Any]
    facts: dict[str, Any]
    clock_change_s: float

    def to_json(self) -> dict[str, Any]:
        """The document that `mock card --json` prints."""
        return {"schema": SCHEMA, **asdict(self)}


def make_card(
    sitting: Sitting,
    challenges: Sequence[Challenge],
    questions: Sequence[Question],
    before: Sequence[float],
    passed: Sequence[str],
) -> Card:
    """Add it all up.

    Args:
        sitting: Submitted.
        challenges: All there are.
        questions: All there are.
        before: Overall of the earlier mocks.
        passed: Names of the challenges passed outside.
    """
    journal = sitting.journal
    by_name = {c.name: c for c in challenges}
    by_id = {q.id: q for q in questions}
    parts = [_coding(sitting, by_name[name]) for name in sitting.plan.challenges]
    parts += [_question(sitting, by_id[each]) for each in sitting.plan.questions if each in by_id]
    weight = sum(part.minutes for part in parts) or 1
    skills = _skills(sitting, parts)
    submitted = journal.all("submitted")
    return Card(
        name=sitting.name,
        overall=round(100 * sum(p.minutes * p.share for p in parts) / weight, 1),
        self_scored=round(100 * sum(p.minutes for p in parts if p.self_scored) / weight, 1),
        parts=tuple(parts),
        skills=skills,
        spent_s=submitted[-1].at_s if submitted else journal.elapsed_s(),
        late=any(p.late_share is not None for p in parts),
        before=tuple(before),
        practise=tuple(_practise(parts, skills, challenges, set(passed))),
        plan=sitting.plan.to_json(),
        facts=journal.facts,
        clock_change_s=next(
            (e.facts["change_s"] for e in journal.all("warned") if e.facts["which"] == "clock"), 0.0
        ),
    )


def _graded(journal: Journal, name: str, *, late: bool) -> dict[str, Any] | None:
    """The record of a challenge's final grading, on time or late."""
    for entry in reversed(journal.all("graded")):
        if entry.facts["challenge"] == name and entry.facts["late"] == late:
            record: dict[str, Any] = entry.facts["record"]
            return record
    return None


def _coding(sitting: Sitting, challenge: Challenge) -> Part:
    journal, name = sitting.journal, challenge.name
    record, late = _graded(journal, name, late=False), _graded(journal, name, late=True)
    versions = sitting.versions(name)
    changed = [v.at_s for v in versions[1:]]
    tries = [e for e in journal.all("tried") if e.facts["challenge"] == name]
    hints = [e for e in journal.all("hinted") if e.facts["challenge"] == name]
    seen = [*changed, *(e.at_s for e in tries)]
    return Part(
        kind="coding",
        name=name,
        topic=challenge.track,
        minutes=challenge.minutes,
        share=_share(record),
        late_share=None if late is None else _share(late),
        self_scored=False,
        spent_s=max(seen) - min(seen) if seen else 0.0,
        tries=len(tries),
        hints=len(hints),
        answered=len(versions) > 1,
    )


def _share(record: dict[str, Any] | None) -> float:
    if record is None:
        return 0.0
    judged = float(record.get("judged_points", 100)) or 100.0
    return round(float(record["score"]) / judged, 4)


def _question(sitting: Sitting, question: Question) -> Part:
    answer = sitting.answers().get(question.id)
    ticks: list[bool] = []
    for entry in sitting.journal.all("scored"):
        if entry.facts["question"] == question.id:
            ticks = entry.facts["ticks"]
    if question.kind == "choice":
        share = float(answer is not None and answer["choice"] == question.answer)
    else:
        share = sum(ticks) / len(ticks) if ticks and answer is not None else 0.0
    is_late = answer is not None and answer["late"]
    return Part(
        kind=question.kind,
        name=question.id,
        topic=question.topic,
        minutes=question.minutes,
        share=0.0 if is_late else round(share, 4),
        late_share=round(share, 4) if is_late else None,
        self_scored=question.kind != "choice",
        spent_s=answer["spent_s"] if answer is not None else 0.0,
        tries=0,
        hints=0,
        answered=answer is not None,
    )


def _skills(sitting: Sitting, parts: Sequence[Part]) -> dict[str, tuple[float, float]]:
    earned: defaultdict[str, float] = defaultdict(float)
    points: defaultdict[str, float] = defaultdict(float)
    for name in sitting.plan.challenges:
        record = _graded(sitting.journal, name, late=False)
        for check in record["checks"] if record else []:
            if check["outcome"] in ("inconclusive", "error"):
                continue
            earned[check["category"]] += check["earned"]
            points[check["category"]] += check["points"]
    for part in parts:
        if part.kind != "coding":
            earned["knowledge"] += part.minutes * part.share
            points["knowledge"] += part.minutes
    return {skill: (round(earned[skill], 1), points[skill]) for skill in SKILLS if points[skill]}


def _practise(
    parts: Sequence[Part],
    skills: dict[str, tuple[float, float]],
    challenges: Sequence[Challenge],
    passed: set[str],
) -> list[tuple[str, str]]:
    """What to go on with: what was not finished, then what is near to it, then topics of questions missed."""
    unfinished = [part.name for part in parts if part.kind == "coding" and part.share < WEAK]
    found = [(name, "not finished here: go on with it, without the clock") for name in unfinished]
    weak_tracks = {p.topic for p in parts if p.kind == "coding" and p.share < WEAK}
    found += [
        (c.name, f"of the same track ({c.track}), level {c.level}")
        for c in sorted(challenges, key=lambda each: each.level)
        if c.track in weak_tracks and c.name not in {*unfinished, *passed}
    ]
    missed = Counter(p.topic for p in parts if p.kind != "coding" and p.share < WEAK)
    found += [
        (f"quiz --topic {topic}", f"{n} question{'s' if n > 1 else ''} missed")
        for topic, n in missed.most_common(2)
    ]
    weakest = min(skills, key=lambda s: skills[s][0] / skills[s][1], default=None)
    if not found and weakest is not None and skills[weakest][0] < skills[weakest][1]:
        found.append(("list", f"{weakest} is where points are left"))
    return found[:5]
