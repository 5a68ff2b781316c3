"""Gradings side by side on this machine: as many judges as its CPUs and its memory carry."""

from __future__ import annotations

import platform
import queue
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

from grader.batch.job import Graded, Job
from grader.batch.judge_process import JUDGE, JudgeLostError, JudgeProcess
from grader.catalogue.challenges import ROOT, Challenge
from grader.judge.fitness import MIN_MEMORY_BYTES
from grader.system.allowance import usable_cpus, usable_memory
from grader.words import counted

# A race keeps one side busy at a time, next to the judge and two wardens. Measured on two CPUs, where
# one grading leaves a third of the time to others and two disturb each other.
CPUS_PER_GRADING = 2
_CODE = Path(__file__).parents[2]
_SHARED = Path("/dev/shm")  # noqa: S108 - Ray's object stores lie there


def n_side_by_side(challenges: Sequence[Challenge], cpus: int) -> tuple[int, str]:
    """How many gradings this machine carries without their disturbing each other, and why not more.

    Args:
        challenges: Those that are graded.
        cpus: For each grading.
    """
    n_cpus, memory = usable_cpus(), usable_memory()
    carries = [
        (n_cpus // cpus, f"{counted(n_cpus, 'CPU')}, {cpus} for each"),
        (memory // MIN_MEMORY_BYTES, f"{memory / 1e9:.0f} GB of memory, 4 for each"),
    ]
    store = max((challenge.shared_memory_bytes for challenge in challenges), default=0)
    if _SHARED.is_dir() and store:
        free = shutil.disk_usage(_SHARED).free
        carries.append((free // store, f"{free / 1e9:.1f} GB in {_SHARED}, {store / 1e9:.1f} for each"))
    n, why = min(carries, key=lambda each: each[0])
    return max(n, 1), why


class LocalPool:
    """Judges below this process, each with a thread that asks it.

    Args:
        n: How many.
        why: Why as many.
        cpus: For each of them; it is pinned to them where that is possible.
        module: What a judge runs.
    """

    def __init__(self, n: int, why: str, cpus: int, module: str = JUDGE) -> None:
        self.n_places = n
        self.where = f"{counted(n, 'grading')} side by side on this machine ({why})"
        self._node = platform.node() or "this machine"
        self._cpus, self._module = cpus, module
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[Graded] = queue.SimpleQueue()
        self._running: dict[int, str] = {}
        self._judges: dict[int, JudgeProcess] = {}
        self._in_flight = 0
        self._is_closing = False
        self._threads = [
            threading.Thread(target=self._serve, args=(place,), daemon=True) for place in range(n)
        ]
        for thread in self._threads:
            thread.start()

    def has_room(self, *, alone: bool) -> bool:
        """Whether a place is free; alone, whether all are."""
        return self._in_flight < (1 if alone else self.n_places)

    def submit(self, job: Job) -> None:
        """Hand a job to the next free place."""
        self._in_flight += 1
        self._jobs.put(job)

    def next_done(self, within_s: float) -> Graded | None:
        """What came of one of the jobs."""
        try:
            graded = self._done.get(timeout=within_s)
        except queue.Empty:
            return None
        self._in_flight -= 1
        return graded

    def running(self) -> dict[str, list[str]]:
        """What runs here."""
        return {self._node: list(self._running.values())}

    def close(self) -> None:
        """End the judges, also in the middle of a grading, and wait until they have gone."""
        self._is_closing = True
        for _ in self._threads:
            self._jobs.put(None)
        for judge in list(self._judges.values()):
            judge.stop()
        for thread in self._threads:
            thread.join()

    def _serve(self, place: int) -> None:
        while (job := self._jobs.get()) is not None and not self._is_closing:
            self._running[place] = job.label
            graded = self._graded(place, job)
            del self._running[place]
            self._done.put(graded)
        if judge := self._judges.pop(place, None):
            judge.end()

    def _graded(self, place: int, job: Job) -> Graded:
        judge = self._judges.get(place)
        if judge is None:
            judge = self._judges[place] = JudgeProcess(_CODE, ROOT, self._cpus, self._module)
            if self._is_closing:  # nobody would stop it any more
                judge.stop()
        try:
            graded = Graded.from_answer(job, judge.ask(job.to_json()), self._node)
        except JudgeLostError as error:
            graded = Graded(job=job, document=None, problem=str(error), node=self._node)
        if graded.document is None:  # another judge may be able to
            del self._judges[place]
            judge.end()
        return graded
