"""Shows a batch on the terminal: each grading as it ends, how much time is left, and what each node does."""

from __future__ import annotations

import time

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from grader.batch.journal import Line
from grader.batch.rows import NOT_GRADED, row_of
from grader.batch.run import Progress
from grader.words import counted, printable

_SHOWN_JOBS = 3


class Watching:
    """Prints a line for each grading; on a terminal the lines of the nodes stand below them.

    Args:
        console: Where to.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = (
            Live(console=console, transient=True, refresh_per_second=2) if console.is_terminal else None
        )
        self._started_s = time.monotonic()
        self._n_ended = 0

    def __enter__(self) -> Watching:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def listen(self, progress: Progress) -> None:
        """Show how far it has got."""
        if progress.line is not None:
            self._n_ended += 1
            left = self._left(progress)
            self._print(f"{progress.n_done:5} of {progress.n_all}  {summary(progress.line)}{left}")
        if self._live:
            self._live.update(self._below(progress))

    def _left(self, progress: Progress) -> str:
        """The time that is left at this rate."""
        n_left = progress.n_all - progress.n_done
        if not n_left:
            return ""
        seconds = (time.monotonic() - self._started_s) / self._n_ended * n_left
        return f" · {_duration(seconds)} left"

    def _below(self, progress: Progress) -> RenderableType:
        lines = []
        for node, labels in progress.running.items():
            more = f" and {len(labels) - _SHOWN_JOBS} more" if len(labels) > _SHOWN_JOBS else ""
            shown = ", ".join(labels[:_SHOWN_JOBS]) + more if labels else "idle"
            lines.append(
                Text(printable(f"  {node}  {shown}"), style="dim", no_wrap=True, overflow="ellipsis")
            )
        again = f" · {counted(progress.n_open, 'grading')} to be judged again" if progress.n_open else ""
        lines.append(Text(f"  {progress.n_done} of {progress.n_all} graded{again}"))
        return Group(*lines)

    def _print(self, text: str) -> None:
        self._console.print(Text(printable(text)), soft_wrap=not self._console.is_terminal)


def summary(line: Line) -> str:
    """A grading in a line."""
    row = row_of(line)
    again = f", {row.repeat}" if row.repeat > 1 else ""
    name = f"{row.who} · {row.challenge}{again}"
    if row.outcome == NOT_GRADED:
        return f"{name}  not graded: {row.problem.splitlines()[0]}"
    of = "" if row.judged == 100 else f" of {row.judged:g}"
    return f"{name}  {row.score:g}{of}  {row.outcome} · {row.node} · {row.seconds:.1f} s"


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    return f"{minutes} min" if minutes < 100 else f"{minutes / 60:.1f} h"
