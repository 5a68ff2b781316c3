"""The verb watch: save, see, next."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from grader.catalogue.challenges import Challenge, find_challenge, read_catalogue
from grader.commands.keys import pressed
from grader.commands.reading import hint, list_challenges, standings
from grader.commands.shared import interruptible, need_ray
from grader.commands.working import lay_out
from grader.errors import GraderError, UsageError
from grader.judge.record import Record
from grader.mock.sitting import refuse_during_mock
from grader.report.terminal import Progress, paragraph
from grader.side.warden_client import sweep_leftovers

if TYPE_CHECKING:  # it imports the judge; `list` must not pay for it
    from grader.judge.events import Event
    from grader.judge.watcher import Happening

KEYS = "r rerun · h hint · l list · c compare · n next · q quit"
_WAITING = f"waiting for a save of solution.py   {KEYS}"


def watch(
    name: Annotated[str | None, typer.Argument(help="Of a challenge; else the last one.")] = None,
) -> None:
    """Grade on every save, on clusters that stay warm; never goes on by itself."""
    challenge = find_challenge(name) if name is not None else _last_worked_on()
    refuse_during_mock(challenge.name)
    need_ray()
    sweep_leftovers()
    if not challenge.solution_path.exists():
        lay_out(challenge)
    with interruptible():
        following: Challenge | None = challenge
        while following is not None:
            following = Session(following).run()


def _last_worked_on() -> Challenge:
    begun = [c for c in read_catalogue() if c.solution_path.exists()]
    if not begun:
        raise UsageError("No challenge has been started. Begin with  python grade.py start NAME")
    return max(begun, key=lambda c: c.solution_path.stat().st_mtime)


class Session:
    """Watching one challenge, until the learner goes on or leaves.

    Args:
        challenge: Which.
    """

    def __init__(self, challenge: Challenge) -> None:
        self.challenge = challenge
        self._out = sys.stdout  # a grading redirects it, for pytest's own words
        self.console = Console(file=self._out, highlight=False)
        self.progress = Progress(self.console)
        from grader.judge.watcher import Watcher

        self.watcher = Watcher(challenge, self._listen)
        self._failure_seen = False
        self._asked_for_next = False

    def run(self) -> Challenge | None:
        """Serve saves and keys; the challenge to go on with, or None to leave."""
        try:
            with pressed(self.watcher.press):
                self._begin()
                while True:
                    event = self.watcher.happenings.get()
                    if event.kind == "key":
                        done, following = self._key(str(event.value))
                        if done:
                            return following
                    else:
                        self._take(event)
        finally:
            self._leave()

    def _leave(self) -> None:
        """End the clusters; what was judged of a grading that this breaks off is recorded."""
        self.watcher.mute()
        self.progress.stop()
        self.console.print(Text("ending both clusters …", style="dim"))
        self.watcher.close()
        running = self.watcher.running
        if running.n_judged and not running.is_whole:
            self.progress.broken_off(running.n_judged, running.path)

    def _begin(self) -> None:
        self.watcher.mute()
        self.progress.stop()
        if self.console.is_terminal:
            self.console.clear()
        self.progress = Progress(self.console)
        self._failure_seen = False
        try:
            self.progress.begin(self.challenge, self.challenge.submission())
        except GraderError as error:
            self.console.print(Text(str(error)))
        self.watcher.begin()

    def _listen(self, event: Event) -> None:
        self.progress.listen(event)
        from grader.judge.events import Ended

        if isinstance(event, Ended) and event.check.outcome != "pass" and not self._failure_seen:
            self._failure_seen = True
            waited_s = time.monotonic() - self.watcher.saved_at
            self.console.print(Text(f"          {waited_s:.1f} s after the save", style="dim"))

    def _take(self, event: Happening) -> None:
        if event.kind == "saved":
            self._begin()
        elif event.kind == "graded":
            assert isinstance(event.value, Record)
            self._ended(event.value)
        elif event.kind == "failed":
            self.progress.stop()
            self.console.print(Text(f"grade.py: {event.value}"))
            self.console.print(Text(KEYS, style="dim"))

    def _ended(self, record: Record) -> None:
        self.progress.score(record)
        if record.outcome == "passed":
            self.console.print(Text("Next: c compares it with the reference, n goes on."))
        self._wait()

    def _wait(self) -> None:
        paragraph(self.console, Text(_WAITING, style="dim"))

    def _key(self, key: str) -> tuple[bool, Challenge | None]:
        """Serve one key: whether the session is over, and with which challenge to go on."""
        if key == "q":
            return True, None
        if key == "n":
            following = _after(self.challenge)
            if following is None:
                self.console.print(Text("This is the last one."))
                return False, None
            if not self._asked_for_next:
                self._asked_for_next = True
                self.console.print(Text(f"n once more: on to {following.name}, whose clusters start anew."))
                return False, None
            if not following.solution_path.exists():
                lay_out(following)
            return True, following
        self._asked_for_next = False
        if key == "r":
            self._begin()
        elif key in "hlc":
            self._show(key)
            if not self.watcher.is_grading:
                self._wait()
        elif key.isalpha():
            paragraph(self.console, Text(KEYS, style="dim"))
        return False, None

    def _show(self, key: str) -> None:
        from grader.commands.compare import compare

        try:
            with contextlib.redirect_stdout(self._out):
                if key == "h":
                    hint(self.challenge.name)
                elif key == "l":
                    list_challenges()
                else:
                    compare(self.challenge.name)
        except GraderError as error:
            self.console.print(Text(str(error)))


def _after(challenge: Challenge) -> Challenge | None:
    """The next challenge in learning order that is not passed."""
    found = standings(read_catalogue())
    names = [standing.challenge.name for standing in found]
    later = found[names.index(challenge.name) + 1 :]
    open_ones = [standing.challenge for standing in later if standing.state != "passed"]
    return open_ones[0] if open_ones else None
