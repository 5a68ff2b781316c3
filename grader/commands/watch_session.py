"""A session of watch: shows each grading of one challenge and serves the keys, until the learner leaves."""

from __future__ import annotations

import contextlib
import sys
import time

from rich.console import Console
from rich.text import Text

from grader.catalogue.challenges import Challenge
from grader.commands.compare import compare
from grader.commands.hint import hint
from grader.commands.keys import pressed
from grader.commands.layout import lay_out
from grader.commands.list import list_challenges
from grader.commands.markdown import print_markdown
from grader.commands.show import stage_brief
from grader.commands.standing import next_open, standing_of
from grader.errors import GraderError, UsageError
from grader.judge.course import Course, beginning_with
from grader.judge.events import Advanced, Ended, Event
from grader.judge.record import Record
from grader.judge.watcher import Happening, Watcher
from grader.report.terminal import Progress, paragraph

KEYS = "r run again · h hint · l list · c compare · n next · q quit"


class WatchSession:
    """Watches one challenge.

    Args:
        challenge: The challenge.
    """

    def __init__(self, challenge: Challenge) -> None:
        self.challenge = challenge
        self._out = sys.stdout  # a grading redirects it, because of what pytest prints
        self.console = Console(file=self._out, highlight=False)
        self.progress = Progress(self.console)
        self.watcher = Watcher(challenge, self._course, self._listen)
        self._is_over = False
        self._following: Challenge | None = None
        self._failure_seen = False
        self._asked_for_next = False

    def run(self) -> Challenge | None:
        """Serve saves and keys; the challenge to continue with, or None to leave."""
        try:
            with pressed(self.watcher.press):
                self._grade()
                while not self._is_over:
                    self._serve(self.watcher.happenings.get())
        finally:
            self._close()
        return self._following

    def _grade(self) -> None:
        """Grade what is saved now; a grading in progress is broken off."""
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

    def _course(self) -> Course | None:
        """The stage at hand, then those before it; the whole suite once all stages stand."""
        at_hand = standing_of(self.challenge).headway.next_stage
        return beginning_with(at_hand.number, len(self.challenge.stages)) if at_hand else None

    def _close(self) -> None:
        """Stop the clusters; say where to find what was judged of a grading that this breaks off."""
        self.watcher.mute()
        self.progress.stop()
        self.console.print(Text("Stopping both clusters …", style="dim"))
        self.watcher.close()
        running = self.watcher.running
        if running.n_judged and not running.is_whole:
            self.progress.broken_off(running.n_judged, running.path)

    def _listen(self, event: Event) -> None:
        """Show an event of a grading, and how long the first failure took to show up."""
        if isinstance(event, Advanced):
            self._announce(event.stage)
        self.progress.listen(event)
        if isinstance(event, Ended) and event.check.outcome != "pass" and not self._failure_seen:
            self._failure_seen = True
            waited_s = time.monotonic() - self.watcher.saved_at
            self.console.print(Text(f"          {waited_s:.1f} s after the save", style="dim"))

    def _announce(self, number: int) -> None:
        """Say that the stage before this one is reached, and what this one asks for."""
        reached = self.challenge.stage(number - 1)
        self.console.print(Text(f"Stage {reached.number} is reached: {reached.title}", style="bold green"))
        with contextlib.suppress(UsageError):  # a brief that says nothing of stages
            text = stage_brief(self.challenge, number)
            self.console.print(Text(f"Stage {number} asks for this:"))
            print_markdown(self.console, text)

    def _serve(self, happening: Happening) -> None:
        match happening.kind:
            case "key":
                self._serve_key(str(happening.value))
            case "saved":
                self._grade()
            case "graded":
                assert isinstance(happening.value, Record)
                self._show_score(happening.value)
            case "failed":
                self.progress.stop()
                paragraph(self.console, Text(f"grade.py: {happening.value}"))
                self._show_keys()

    def _serve_key(self, key: str) -> None:
        asked_for_next, self._asked_for_next = self._asked_for_next, False
        match key:
            case "r":
                self._grade()
            case "h" | "l" | "c":
                self._show(key)
            case "n":
                self._move_on(is_sure=asked_for_next)
            case "q":
                self._is_over = True
            case _ if key.isalpha():
                self._show_keys()

    def _show(self, key: str) -> None:
        """Show what another verb shows."""
        try:
            with contextlib.redirect_stdout(self._out):
                if key == "h":
                    hint(self.challenge.name)
                elif key == "l":
                    list_challenges()
                else:
                    compare(self.challenge.name, stage=self._stage_to_compare())
        except GraderError as error:
            self.console.print(Text(str(error)))
        if not self.watcher.is_grading:
            self._show_waiting()

    def _stage_to_compare(self) -> int | None:
        """The last stage that stands, as long as the challenge is not passed; None for all of it."""
        standing = standing_of(self.challenge)
        reached = [number for number, stands in enumerate(standing.headway.stands, 1) if stands]
        return reached[-1] if reached and standing.state != "passed" else None

    def _move_on(self, *, is_sure: bool) -> None:
        """Move on to the next open challenge at the second press: it needs new clusters."""
        following = next_open(self.challenge)
        if following is None:
            self.console.print(Text("There is no challenge after this one that you have not passed."))
        elif is_sure:
            if not following.solution_path.exists():
                lay_out(following)
            self._is_over, self._following = True, following
        else:
            self._asked_for_next = True
            self.console.print(
                Text(f"Press n again to move on to {following.name}. Its clusters have to start first.")
            )

    def _show_score(self, record: Record) -> None:
        self.progress.score(record, standing_of(self.challenge).headway)
        if record.outcome == "passed":
            self.console.print(Text("Press c to compare it with the reference, n to move on."))
        self._show_waiting()

    def _show_waiting(self) -> None:
        paragraph(self.console, Text(f"waiting for a save of solution.py   {KEYS}", style="dim"))

    def _show_keys(self) -> None:
        paragraph(self.console, Text(KEYS, style="dim"))
