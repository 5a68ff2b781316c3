"""Draws one self-contained page from records alone: no Ray, no network, no script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from grader.catalogue.challenges import Challenge
from grader.explain.diagnosis import Diagnosis, diagnose
from grader.explain.trace import RECORDED_ROUND
from grader.judge.verdict import UNJUDGED
from grader.report.attempts import Attempt, own, traces_of
from grader.report.charts import Chart, attempts_chart, rounds_chart, store_curve, timeline
from grader.report.headway import dots_of, headway
from grader.report.terminal import WORDS, measured_words, stage_heading
from grader.words import printable

_OUTCOMES = {
    "passed": "passed",
    "failed": "not passed",
    "inconclusive": "inconclusive: what was not judged decides",
    "error": "the grader failed in part",
    "interrupted": "interrupted before all was judged",
    "reached": "the stages that were asked for stand",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What the page shows of one challenge."""

    name: str
    title: str
    kind: str
    level: int
    latest: Attempt
    outcome_words: str
    categories: list[tuple[str, tuple[float, float]]]
    checks: list[dict[str, Any]]
    groups: list[tuple[str, list[dict[str, Any]]]]
    stages: str
    first_open: int
    findings: list[Diagnosis]
    recorded: str
    charts: list[Chart]
    attempts: Sequence[Attempt]


def render(challenges: Sequence[Challenge], attempts: Sequence[Attempt], *, heading: str = "") -> str:
    """The page as HTML.

    Args:
        challenges: Those to show; one without an attempt is left out.
        attempts: From the records, oldest first.
        heading: What stands above it; empty for the usual.
    """
    pages = [
        _page(challenge, found)
        for challenge in challenges
        if (found := [a for a in attempts if a.challenge == challenge.name])
    ]
    usual = f"{pages[0].title}: report" if len(pages) == 1 else "Ray katas: report"
    title = heading or usual
    template = environment().get_template("report.html.j2")
    n_records = sum(len(page.attempts) for page in pages)
    return template.render(title=title, pages=pages, n_records=n_records, dots=dots_of)


@cache  # compiling the templates takes longer than drawing a page
def environment() -> Environment:
    """Where the page's templates lie; they escape every value, and a misspelt name is an error."""
    return Environment(
        loader=PackageLoader("grader.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )


def _page(challenge: Challenge, attempts: Sequence[Attempt]) -> Page:
    latest = attempts[-1]
    checks = [_check(check) for check in latest.document["checks"]]
    checks.sort(key=lambda check: int(check.get("stage", 0)))
    failing = [n for n, check in enumerate(checks) if check["outcome"] != "pass"]
    mine = own(attempts) or attempts
    traces = traces_of(latest)
    findings = diagnose(traces["yours"], traces["reference"]) if traces else []
    return Page(
        name=challenge.name,
        title=challenge.title,
        kind=challenge.kind,
        level=challenge.level,
        latest=latest,
        outcome_words=_OUTCOMES[latest.outcome],
        categories=_categories(checks),
        checks=checks,
        groups=_groups(challenge, checks),
        stages=headway(challenge.stages, mine).sentence if challenge.stages else "",
        first_open=failing[0] if failing else -1,
        findings=findings,
        recorded=RECORDED_ROUND if traces else "",
        charts=_charts(challenge, latest, attempts),
        attempts=attempts,
    )


def _groups(challenge: Challenge, checks: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The behaviours below the heading of their stage; all below none where there are no stages."""
    titles = {stage.number: stage_heading(challenge.stages, stage.number) for stage in challenge.stages}
    grouped = groupby(checks, key=lambda check: int(check.get("stage", 0)))
    return [(titles.get(number, ""), list(each)) for number, each in grouped]


def _check(check: dict[str, Any]) -> dict[str, Any]:
    measured = measured_words(check["observed"], check["limit"], check["unit"])
    judged = check["outcome"] not in UNJUDGED
    return check | {
        "word": WORDS[check["outcome"]][0],
        "measured": measured,
        "message": printable(check["message"]),
        "output": printable(check.get("output", "")),
        "points_shown": f"{check['earned']:g}" if judged else "-",
    }


def _categories(checks: Sequence[dict[str, Any]]) -> list[tuple[str, tuple[float, float]]]:
    found: dict[str, tuple[float, float]] = {}
    for check in (check for check in checks if check["outcome"] not in UNJUDGED):
        earned, points = found.get(check["category"], (0.0, 0.0))
        found[check["category"]] = (earned + check["earned"], points + check["points"])
    return list(found.items())


def _charts(challenge: Challenge, latest: Attempt, attempts: Sequence[Attempt]) -> list[Chart]:
    charts = []
    traces = traces_of(latest)
    if traces:
        scale_s = max(trace.seconds for trace in traces.values())
        charts += [timeline(side, trace, scale_s) for side, trace in traces.items()]
        charts.append(store_curve(traces))
    charts += [
        rounds_chart(race["learner_s"], race["reference_s"], race["ratio"])
        for race in latest.document["benchmark"]
        if race["learner_s"]
    ]
    if len(attempts) > 1:
        charts.append(attempts_chart(attempts, challenge.pass_mark))
    return charts
