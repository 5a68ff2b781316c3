"""Runs the gradings of a batch: hands them out, takes down what came of them, repeats what was spoilt.

A grading counts once, by who, challenge and repeat, however often it was started. What a lost process kept
from being judged is done again; what a busy machine left open is judged again at the end, and nothing of the
batch runs next to it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from grader.batch.job import Graded, HandedIn, Job, Key, not_judged
from grader.batch.journal import Journal, Line

if TYPE_CHECKING:
    from grader.batch.pool import Pool

MAX_LOST = 3  # tries that end without a verdict; a submission that ends its own judge is one row, not the run
TICK_S = 0.5


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch has got.

    Args:
        line: The grading that has just ended; None if some time has passed.
        n_done: Gradings that have ended for good.
        n_all: Of these.
        n_open: Of those that have ended, how many will be judged again.
        running: Labels of what runs, by node.
    """

    line: Line | None
    n_done: int
    n_all: int
    n_open: int
    running: dict[str, list[str]]


Listener = Callable[[Progress], None]


def jobs_of(files: Iterable[HandedIn], journal: Journal) -> list[Job]:
    """All gradings of a batch, the first ones of all submissions before the second ones."""
    order, chosen = journal.order, list(files)
    return [
        Job(file=file, repeat=n, seed=order.seed + n - 1, only=order.only)
        for n in range(1, order.repeat + 1)
        for file in chosen
    ]


def final_lines(lines: Iterable[Line]) -> dict[Key, Line]:
    """The line that counts for each grading: the one that judged most; of equals, the first."""
    found: dict[Key, Line] = {}
    for line in lines:
        before = found.get(line.key)
        if before is None or before.sha256 != line.sha256 or _weight(line) > _weight(before):
            found[line.key] = line
    return found


class Run:
    """One run of a batch over a pool.

    Args:
        jobs: All gradings of the batch.
        journal: Says which have ended already, and is told of each.
        keep: Given each grading before the journal is, to keep its record.
        listen: Told of the progress.
    """

    def __init__(
        self,
        jobs: Iterable[Job],
        journal: Journal,
        *,
        keep: Callable[[Graded], None],
        listen: Listener,
    ) -> None:
        self._jobs = {job.key: job for job in jobs}
        self._journal, self._keep, self._listen = journal, keep, listen
        self._lost: Counter[Key] = Counter()
        self._waiting: deque[Job] = deque()
        self._alone: deque[Job] = deque()
        self._in_flight: set[Key] = set()
        self._n_done = 0
        self._sort(final_lines(journal.lines()))

    @property
    def n_left(self) -> int:
        """How many gradings have not ended for good."""
        return len(self._jobs) - self._n_done

    def over(self, pool: Pool) -> None:
        """Grade all that has not ended."""
        for waiting, alone in ((self._waiting, False), (self._alone, True)):
            while waiting or self._in_flight:
                while waiting and pool.has_room(alone=alone):
                    job = waiting.popleft()
                    self._in_flight.add(job.key)
                    pool.submit(job)
                graded = pool.next_done(TICK_S)
                line = self._take(graded) if graded else None
                self._tell(line, pool.running())

    def _sort(self, ended: dict[Key, Line]) -> None:
        """Put each grading where it belongs, by what the journal says of it."""
        for key, job in self._jobs.items():
            line = ended.get(key)
            if line is None or line.document is None or line.sha256 != job.file.sha256:
                self._waiting.append(job)
            elif is_settled(line):
                self._n_done += 1
            else:
                self._alone.append(replace(job, is_alone=True))

    def _take(self, graded: Graded) -> Line | None:
        """Decide what comes of a grading; its line if it has one."""
        job = graded.job
        if job.key not in self._in_flight:  # it has been counted
            return None
        self._in_flight.remove(job.key)
        if graded.document is None:
            self._lost[job.key] += 1
            if self._lost[job.key] < MAX_LOST:
                again = replace(job, is_alone=self._lost[job.key] == MAX_LOST - 1 or job.is_alone)
                (self._alone if again.is_alone else self._waiting).append(again)
                return None
        self._keep(graded)
        line = Line.of(graded, tries=self._lost[job.key] + (graded.document is not None))
        self._journal.write(line)
        if is_settled(line):
            self._n_done += 1
        else:
            self._alone.append(replace(job, is_alone=True))
        return line

    def _tell(self, line: Line | None, running: dict[str, list[str]]) -> None:
        self._listen(Progress(line, self._n_done, len(self._jobs), len(self._alone), running))


def is_settled(line: Line) -> bool:
    """Whether a grading has ended for good: it was judged in full, or once more, alone."""
    return line.was_alone or line.document is None or not not_judged(line.document["checks"])


def _weight(line: Line) -> tuple[bool, float]:
    document: dict[str, Any] = line.document or {}
    return line.document is not None, float(document.get("judged_points", 0.0))
