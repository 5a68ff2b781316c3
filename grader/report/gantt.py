"""A round as a picture for the terminal: a row per worker, the driver's waits, the object store; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from grader.explain.trace import Trace, union_s

MAX_ROWS = 12
LABEL = 12
_SHADES = " ░▒▓█"
_BLOCKS = "▁▂▃▄▅▆▇█"


def picture(trace: Trace, width: int, scale_s: float, *, by_pid: bool = False) -> list[str]:
    """Lines of at most `width` columns.

    Args:
        trace: The round.
        width: Of the terminal.
        scale_s: What the width stands for: equal for two rounds that are to be compared.
        by_pid: Name workers by their pids instead of numbering them, show those of `unseen`, and leave out a
            driver that did not wait.
    """
    room = max(width - LABEL - 8, 10)
    cell_s = scale_s / room
    lines = []
    busy = trace.busy_s()
    for n, pid in enumerate(trace.pids[:MAX_ROWS], start=1):
        ran = [
            (s.started_s, trace.seconds if s.ended_s is None else s.ended_s)
            for s in trace.spans
            if s.pid == pid and s.started_s is not None
        ]
        share = f"{100 * min(busy[pid] / max(trace.seconds, 1e-9), 1):4.0f} %"
        name = f"pid {pid}" if by_pid else f"worker {n}"
        lines.append(f"{name:<{LABEL}}{shaded(ran, cell_s, room)} {share}")
    if len(trace.pids) > MAX_ROWS:
        lines.append(f"{'':<{LABEL}}and {len(trace.pids) - MAX_ROWS} more workers")
    for pid, calls in unseen(trace).items() if by_pid else ():
        lines.append(f"{f'pid {pid} †':<{LABEL}}{shaded(calls, cell_s, room)}")
    if trace.waits or not by_pid:
        waits = [(w.start_s, w.end_s) for w in trace.waits]
        share = f"{100 * min(trace.waited_s() / max(trace.seconds, 1e-9), 1):4.0f} %"
        lines.append(f"{'driver waits':<{LABEL}}{shaded(waits, cell_s, room)} {share}")
    top = max((n for _, n in trace.store), default=0)
    lines.append(f"{'store':<{LABEL}}{curve(trace.store, cell_s, room)} {top / 1e6:4.0f} MB")
    return lines


def unseen(trace: Trace) -> dict[int, list[tuple[float, float]]]:
    """Calls to the service from processes of which Ray shows nothing.

    They died, and Ray forgot their attempts at a task for the next ones; or they are none of its workers.
    """
    found: dict[int, list[tuple[float, float]]] = {}
    for call in trace.calls:
        end_s = trace.seconds if call.end_s is None else call.end_s
        if end_s > 0 and call.pid not in (*trace.pids, trace.driver_pid):  # not before the round
            found.setdefault(call.pid, []).append((call.start_s, end_s))
    return found


def shaded(intervals: Sequence[tuple[float, float]], cell_s: float, room: int) -> str:
    """A row of `room` cells, darker where the intervals cover more of the cell's time."""
    cells = []
    for n in range(room):
        low, high = n * cell_s, (n + 1) * cell_s
        inside = [(max(a, low), min(b, high)) for a, b in intervals if b > low and a < high]
        covered = union_s(inside) / cell_s if cell_s else 0.0
        shade = 0 if not inside else max(1, round(covered * (len(_SHADES) - 1)))
        cells.append(_SHADES[min(shade, len(_SHADES) - 1)])
    return "".join(cells)


def curve(samples: Iterable[tuple[float, int]], cell_s: float, room: int) -> str:
    """A row of `room` cells, higher where more is held; what a cell does not sample it takes from before."""
    points = list(samples)
    top = max((n for _, n in points), default=0)
    cells, now = [], 0
    for cell in range(room):
        inside = [n for t, n in points if cell * cell_s <= t < (cell + 1) * cell_s]
        if inside:
            now = max(inside)
        ended = not points or cell * cell_s > points[-1][0]
        height = 0 if top <= 0 or now <= 0 else max(1, round(now / top * len(_BLOCKS)))
        cells.append(" " if ended or not height else _BLOCKS[height - 1])
    return "".join(cells)
