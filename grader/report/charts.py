"""Pictures for the page: timelines, curves and rounds as SVG with a text for who cannot see them; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from grader.explain.trace import Trace
from grader.report.attempts import Attempt
from grader.words import counted

WIDTH = 720
ROW = 18
LABEL = 92
_SIDES = (("one", "yours"), ("two", "the reference"))
_SPANS = (("one", "task"), ("two", "actor call"), ("wait", "the driver waits in Ray"))
_KINDS = {"task": "task", "actor call": "call", "actor start": "start"}


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture.

    Args:
        title: Its name.
        text: What it shows, in words.
        svg: The picture itself; colours come from the page's classes.
        legend: The page's colours that it uses, each with what it stands for.
    """

    title: str
    text: str
    svg: str
    legend: tuple[tuple[str, str], ...] = ()


def timeline(side: str, trace: Trace, scale_s: float) -> Chart:
    """A row per worker and one for the driver's waits; `scale_s` is what the width stands for."""
    room = WIDTH - LABEL - 10
    rows = {pid: n for n, pid in enumerate(trace.pids)}
    parts = []
    for pid, n in rows.items():
        parts.append(_label(n, f"worker {n + 1}"))
        for s in trace.spans:
            if s.pid == pid and s.started_s is not None:
                end_s = trace.seconds if s.ended_s is None else s.ended_s
                queued_s = s.started_s - s.submitted_s
                tip = f"{s.name}, {1000 * (end_s - s.started_s):.1f} ms, queued {1000 * queued_s:.1f} ms"
                parts.append(_bar(n, s.started_s, end_s, scale_s, room, _KINDS[s.kind], tip))
    n = len(rows)
    parts.append(_label(n, "driver waits"))
    for w in trace.waits:
        tip = f"{w.call}, {1000 * (w.end_s - w.start_s):.1f} ms"
        parts.append(_bar(n, w.start_s, w.end_s, scale_s, room, "wait", tip))
    height = (n + 1) * ROW + 22
    parts.append(_axis(n + 1, scale_s, room))
    busy = sum(trace.busy_s().values())
    text = (
        f"{side}: {trace.seconds:.2f} s; {trace.n_spans} tasks and calls on {counted(len(rows), 'worker')}, "
        f"busy for {busy:.2f} s together; at most {trace.peak_running()} at a time; the driver waited in Ray "
        f"{counted(len(trace.waits), 'time')}, {trace.waited_s():.2f} s."
    )
    return _chart(f"Timeline of {side}", text, parts, height, _SPANS)


def store_curve(traces: dict[str, Trace]) -> Chart:
    """Bytes used in the object store over time, a line per side."""
    height, room = 150, WIDTH - LABEL - 10
    scale_s = max((t.seconds for t in traces.values()), default=1.0) or 1.0
    top = max((n for t in traces.values() for _, n in t.store), default=0)
    parts = [_text(LABEL - 8, 16, f"{top / 1e6:.0f} MB"), _text(LABEL - 8, height - 22, "0")]
    words = []
    for number, (side, trace) in enumerate(traces.items()):
        shares = [(t / scale_s, max(n, 0) / max(top, 1)) for t, n in trace.store]
        points = [f"{LABEL + x * room:.1f},{height - 26 - y * (height - 40):.1f}" for x, y in shares]
        if points:
            parts.append(f'<polyline points="{" ".join(points)}" class="line side{number}"/>')
        most = max((n for _, n in trace.store), default=0)
        words.append(
            f"{side} held at most {most / 1e6:.1f} MB at a time and stored {trace.stored_bytes / 1e6:.1f} MB "
            f"in {counted(trace.stored_objects, 'object')}"
        )
    parts.append(_axis((height - 22) / ROW, scale_s, room))
    return _chart("Object store over time", "; ".join(words) + ".", parts, height, _SIDES)


def rounds_chart(learner_s: Sequence[float], reference_s: Sequence[float], ratio: float) -> Chart:
    """Each timed round of both sides as a pair of bars."""
    longest = max([*learner_s, *reference_s])
    room = WIDTH - LABEL - 80
    parts = []
    for n, pair in enumerate(zip(learner_s, reference_s, strict=True)):
        for k, seconds in enumerate(pair):
            y, width = n * 26 + k * 11, seconds / longest * room
            parts.append(f'<rect x="{LABEL}" y="{y}" width="{width:.1f}" height="10" class="side{k}"/>')
            parts.append(_text(LABEL + width + 6, y + 9, f"{seconds:.3f} s", "tick", "start"))
        parts.append(_text(LABEL - 8, n * 26 + 15, f"round {n + 1}"))
    text = (
        f"{counted(len(learner_s), 'pair')} of rounds, yours above; in the median yours took "
        f"{ratio:.2f} times the reference's time."
    )
    return _chart("Rounds of the race", text, parts, len(learner_s) * 26 + 4, _SIDES)


def attempts_chart(attempts: Sequence[Attempt], pass_mark: int) -> Chart:
    """Scores of the attempts, oldest first, and the pass mark."""
    height, room = 130, WIDTH - LABEL - 20
    floor = height - 14

    def y(score: float) -> float:
        return floor - score / 100 * (height - 28)

    step = room / max(len(attempts) - 1, 1)
    points = [(LABEL + n * step, y(a.score)) for n, a in enumerate(attempts)]
    line = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
    mark = f"{y(pass_mark):.1f}"
    parts = [
        f'<line x1="{LABEL}" x2="{WIDTH - 20}" y1="{mark}" y2="{mark}" class="mark"/>',
        _text(LABEL - 8, y(pass_mark) + 4, f"pass {pass_mark}"),
        f'<polyline points="{line}" class="line side0"/>',
    ]
    for (a, b), attempt in zip(points, attempts, strict=True):
        tip = f"<title>{escape(attempt.when)}: {attempt.score:g}</title>"
        parts.append(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="4" class="side0">{tip}</circle>')
    scores = ", ".join(f"{a.score:g}" for a in attempts)
    return _chart("Attempts", f"Scores, oldest first: {scores}.", parts, height)


def _chart(
    title: str,
    text: str,
    parts: Sequence[str],
    height: float,
    legend: tuple[tuple[str, str], ...] = (),
) -> Chart:
    svg = (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(f"{title}. {text}")}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )
    return Chart(title, text, svg, legend)


def _text(x: float, y: float, text: str, kind: str = "label", anchor: str = "end") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'


def _label(row: float, text: str) -> str:
    return _text(LABEL - 8, row * ROW + 13, text)


def _bar(row: int, start_s: float, end_s: float, scale_s: float, room: float, kind: str, tip: str) -> str:
    x = LABEL + max(start_s, 0.0) / scale_s * room
    width = max((min(end_s, scale_s) - max(start_s, 0.0)) / scale_s * room, 0.8)
    return (
        f'<rect x="{x:.1f}" y="{row * ROW + 2}" width="{width:.1f}" height="{ROW - 4}" class="{kind}">'
        f"<title>{escape(tip)}</title></rect>"
    )


def _axis(rows: float, scale_s: float, room: float) -> str:
    y = rows * ROW + 16
    anchors = ("middle",) * 4 + ("end",)  # the last one would be cut off
    return "".join(
        _text(LABEL + n / 4 * room, y, f"{scale_s * n / 4:.2f} s", "tick", anchor)
        for n, anchor in enumerate(anchors)
    )
