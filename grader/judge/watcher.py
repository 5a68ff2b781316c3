"""Grades on each save, on clusters that stay warm: the loop behind the verb watch.

Events (a save, a key) come from separate threads and are handled one after another; gradings run in a thread
too, so that a save in the middle of one is noticed at once and the grading starts over.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from grader.catalogue.challenges import Challenge
from grader.errors import GraderError, Superseded
from grader.judge.arena import Arena
from grader.judge.course import Course
from grader.judge.engine import grade
from grader.judge.events import Event, Listener
from grader.judge.record import RunningRecord

DEBOUNCE_MS = 100


@dataclass(frozen=True, slots=True)
class Happening:
    """Something the loop has to react to: "saved", "key", "graded", "failed" or "superseded".

    Args:
        kind: Which of these.
        value: The key, the record or the error.
    """

    kind: str
    value: object = None


class Watcher:
    """Grades one challenge again and again.

    Args:
        challenge: Which one.
        course: Which stages to judge, asked before each grading; None for the whole suite.
        listen: Told of the progress of the latest grading, and of no other: see `grader.judge.events`.

    Attributes:
        saved_at: When the latest grading was asked for, by `time.monotonic`.
        running: The record of the latest grading; what is broken off by `close` stays on disk.
    """

    def __init__(self, challenge: Challenge, course: Callable[[], Course | None], listen: Listener) -> None:
        self.challenge = challenge
        self.happenings: queue.Queue[Happening] = queue.Queue()
        self.saved_at = 0.0
        self.running = RunningRecord()
        self._course = course
        self._listen = listen
        self._arena = Arena(challenge)
        self._grading: threading.Thread | None = None
        self._failing: tuple[str, ...] = ()
        self._is_told = False
        self._telling = threading.Lock()
        self._stop = threading.Event()
        self._files = threading.Thread(target=self._watch_files, daemon=True, name="files")
        self._files.start()

    @property
    def is_grading(self) -> bool:
        """Whether a grading is in progress."""
        return self._grading is not None and self._grading.is_alive()

    def press(self, key: str) -> None:
        """Queue a key among the other events."""
        self.happenings.put(Happening("key", key))

    def begin(self) -> None:
        """Grade what is there now; a grading in progress is broken off first."""
        self.saved_at = time.monotonic()
        self.break_off()
        self.running.drop()
        self.running = RunningRecord()
        self._is_told = True
        self._grading = threading.Thread(target=self._grade, daemon=True, name="grading")
        self._grading.start()

    def mute(self) -> None:
        """Tell nothing more of the grading in progress: it is about to be broken off."""
        with self._telling:
            self._is_told = False

    def break_off(self) -> None:
        """End a grading in progress, and wait for its end."""
        self.mute()
        while self.is_grading:
            self._arena.supersede()
            assert self._grading is not None
            self._grading.join(0.2)

    def close(self) -> None:
        """End both clusters."""
        self._stop.set()
        self.break_off()
        self._arena.close()
        self._files.join()

    def _grade(self) -> None:
        try:
            submission = self.challenge.submission()
            record = grade(
                self.challenge,
                submission,
                arena=self._arena,
                first=self._failing,
                course=self._course(),
                listen=self._tell,
                keep=self.running.keep,
            )
            self.running.finish(record)
        except Superseded:
            self.happenings.put(Happening("superseded"))
            return
        except GraderError as error:
            self._new_arena()
            self.running = RunningRecord()  # what was judged before that stays on disk
            self.happenings.put(Happening("failed", error))
            return
        self._failing = tuple(c.behaviour.name for c in record.checks if c.outcome != "pass")
        self.happenings.put(Happening("graded", record))
        with contextlib.suppress(GraderError):  # saved meanwhile, or a cluster that the next grading replaces
            self._arena.refresh()

    def _tell(self, event: Event) -> None:
        with self._telling:
            if self._is_told:
                self._listen(event)

    def _new_arena(self) -> None:
        """Replace clusters that could not grade."""
        self._arena.close()
        self._arena = Arena(self.challenge)

    def _watch_files(self) -> None:
        import watchfiles

        own = self.challenge.solution_path

        def is_own(_change: watchfiles.Change, path: str) -> bool:
            return Path(path) == own

        for _ in watchfiles.watch(
            own.parent, watch_filter=is_own, debounce=DEBOUNCE_MS, step=20, stop_event=self._stop,
            recursive=False, rust_timeout=200, yield_on_timeout=False,
        ):  # fmt: skip
            self.happenings.put(Happening("saved"))
