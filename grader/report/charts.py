"""Pictures for the page as plain geometry, each with a text for who cannot see it; pure.

The markup is `templates/chart.html.j2`, which escapes every text. Lengths are the SVG's own units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from grader.explain.trace import Span, Trace
from grader.report.attempts import Attempt
from grader.words import counted

WIDTH = 720
ROW = 18
LABEL = 92  # what stands left of a row ends here
_SIDES = (("one", "yours"), ("two", "the reference"))
_SPANS = (("one", "task"), ("two", "actor call"), ("wait", "the driver waits in Ray"))
_KINDS = {"task": "task", "actor call": "call", "actor start": "start"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A filled rectangle.

    Args:
        kind: The page's class that colours it.
        tip: Shown under the pointer; empty for none.
    """

    x: float
    y: float
    width: float
    height: float
    kind: str
    tip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line through points (x, y)."""

    points: tuple[tuple[float, float], ...]
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A point with a tip."""

    x: float
    y: float
    kind: str
    tip: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A text whose base line is at `y` and whose `anchor` is at `x`."""

    x: float
    y: float
    text: str
    kind: Literal["label", "tick"] = "label"
    anchor: Literal["start", "middle", "end"] = "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A picture.

    Args:
        title: Its name.
        text: What it shows, in words.
        legend: The page's colours that it uses, each with what it stands for.
    """

    title: str
    text: str
    height: float
    bars: tuple[Bar, ...] = ()
    lines: tuple[Line, ...] = ()
    dots: tuple[Dot, ...] = ()
    words: tuple[Words, ...] = ()
    legend: tuple[tuple[str, str], ...] = ()
    width: float = WIDTH


@dataclass(frozen=True, slots=True)
class _TimeAxis:
    """Time from left to right.

    Args:
        seconds: What the whole axis stands for.
    """

    seconds: float

    def length(self, seconds: float) -> float:
        return seconds / self.seconds * (WIDTH - LABEL - 10)

    def x(self, at_s: float) -> float:
        return LABEL + self.length(at_s)

    def bar(self, row: int, start_s: float, end_s: float, kind: str, tip: str) -> Bar:
        """An interval in a row, cut off at both ends of the axis but never too thin to be seen."""
        start_s, end_s = max(start_s, 0.0), min(end_s, self.seconds)
        width = max(self.length(end_s - start_s), 0.8)
        return Bar(x=self.x(start_s), y=row * ROW + 2, width=width, height=ROW - 4, kind=kind, tip=tip)

    def ticks(self, y: float) -> list[Words]:
        """The times below the picture."""
        anchors: tuple[Literal["middle", "end"], ...] = ("middle",) * 4 + (
            "end",
        )  # the last one would be cut off
        times = [self.seconds * n / 4 for n in range(5)]
        return [
            Words(x=self.x(at_s), y=y, text=f"{at_s:.2f} s", kind="tick", anchor=anchor)
            for at_s, anchor in zip(times, anchors, strict=True)
        ]


def timeline(side: str, trace: Trace, scale_s: float) -> Chart:
    """A row per worker and one for the driver's waits; `scale_s` is what the width stands for."""
    axis = _TimeAxis(scale_s)
    rows = {pid: n for n, pid in enumerate(trace.pids)}
    names = [f"worker {n}" for n in range(1, len(rows) + 1)] + ["driver waits"]
    bars = [_span_bar(axis, rows[s.pid], s, trace.seconds) for s in trace.spans if s.started_s is not None]
    for w in trace.waits:
        tip = f"{w.call}, {_ms(w.end_s - w.start_s)}"
        bars.append(axis.bar(len(rows), w.start_s, w.end_s, "wait", tip))
    labels = [_label(n * ROW + 13, name) for n, name in enumerate(names)]
    below = len(names) * ROW
    return Chart(
        title=f"Timeline of {side}",
        text=_timeline_words(side, trace),
        height=below + 22,
        bars=tuple(bars),
        words=(*labels, *axis.ticks(below + 16)),
        legend=_SPANS,
    )


def _span_bar(axis: _TimeAxis, row: int, span: Span, seconds: float) -> Bar:
    """A span that ran; one that had not ended by the end of the round is drawn up to there."""
    assert span.started_s is not None
    end_s = seconds if span.ended_s is None else span.ended_s
    queued_s = span.started_s - span.submitted_s
    tip = f"{span.name}, {_ms(end_s - span.started_s)}, queued {_ms(queued_s)}"
    return axis.bar(row, span.started_s, end_s, _KINDS[span.kind], tip)


def _timeline_words(side: str, trace: Trace) -> str:
    busy_s = sum(trace.busy_s().values())
    return (
        f"{side}: {trace.seconds:.2f} s; {trace.n_spans} tasks and calls on "
        f"{counted(len(trace.pids), 'worker')}, busy for {busy_s:.2f} s together; at most "
        f"{trace.peak_running()} at a time; the driver waited in Ray {counted(len(trace.waits), 'time')}, "
        f"{trace.waited_s():.2f} s."
    )


def store_curve(traces: Mapping[str, Trace]) -> Chart:
    """Bytes used in the object store over time, a line per side."""
    height = 150
    floor, rise = height - 26, height - 40
    axis = _TimeAxis(max((t.seconds for t in traces.values()), default=1.0) or 1.0)
    top = max((n for t in traces.values() for _, n in t.store), default=0)
    lines = [
        Line(
            points=tuple((axis.x(at_s), floor - max(n, 0) / max(top, 1) * rise) for at_s, n in trace.store),
            kind=f"line side{number}",
        )
        for number, trace in enumerate(traces.values())
    ]
    return Chart(
        title="Object store over time",
        text="; ".join(_store_words(side, trace) for side, trace in traces.items()) + ".",
        height=height,
        lines=tuple(line for line in lines if line.points),
        words=(_label(16, f"{top / 1e6:.0f} MB"), _label(height - 22, "0"), *axis.ticks(height - 6)),
        legend=_SIDES,
    )


def _store_words(side: str, trace: Trace) -> str:
    most = max((n for _, n in trace.store), default=0)
    return (
        f"{side} held at most {most / 1e6:.1f} MB at a time and stored {trace.stored_bytes / 1e6:.1f} MB "
        f"in {counted(trace.stored_objects, 'object')}"
    )


def rounds_chart(learner_s: Sequence[float], reference_s: Sequence[float], ratio: float) -> Chart:
    """Each timed round of both sides as a pair of bars."""
    longest = max([*learner_s, *reference_s])
    bars, words = [], []
    for n, pair in enumerate(zip(learner_s, reference_s, strict=True)):
        words.append(_label(n * 26 + 15, f"round {n + 1}"))
        for k, seconds in enumerate(pair):
            bar = Bar(
                x=LABEL,
                y=n * 26 + k * 11,
                width=seconds / longest * (WIDTH - LABEL - 80),
                height=10,
                kind=f"side{k}",
            )
            end = Words(
                x=LABEL + bar.width + 6, y=bar.y + 9, text=f"{seconds:.3f} s", kind="tick", anchor="start"
            )
            bars.append(bar)
            words.append(end)
    text = (
        f"{counted(len(learner_s), 'pair')} of rounds, yours above; in the median yours took "
        f"{ratio:.2f} times the reference's time."
    )
    return Chart(
        title="Rounds of the race",
        text=text,
        height=len(learner_s) * 26 + 4,
        bars=tuple(bars),
        words=tuple(words),
        legend=_SIDES,
    )


def attempts_chart(attempts: Sequence[Attempt], pass_mark: int) -> Chart:
    """Scores of the attempts, oldest first, and the pass mark."""
    height, right = 130, WIDTH - 20

    def y(score: float) -> float:
        return height - 14 - score / 100 * (height - 28)

    step = (right - LABEL) / max(len(attempts) - 1, 1)
    dots = tuple(
        Dot(x=LABEL + n * step, y=y(a.score), kind="side0", tip=f"{a.when}: {a.score:g}")
        for n, a in enumerate(attempts)
    )
    mark = Line(points=((LABEL, y(pass_mark)), (right, y(pass_mark))), kind="mark")
    line = Line(points=tuple((dot.x, dot.y) for dot in dots), kind="line side0")
    return Chart(
        title="Attempts",
        text=f"Scores, oldest first: {', '.join(f'{a.score:g}' for a in attempts)}.",
        height=height,
        lines=(mark, line),
        dots=dots,
        words=(_label(y(pass_mark) + 4, f"pass {pass_mark}"),),
    )


def _label(y: float, text: str) -> Words:
    """What stands left of a row."""
    return Words(x=LABEL - 8, y=y, text=text)


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms"
