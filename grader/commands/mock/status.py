"""The verb mock status: the time that is left, and what was done."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from grader.catalogue.stages import stages_in_words
from grader.commands.interruption import until_interrupted
from grader.commands.mock.attendance import attended_sitting, time_left, warn_loudly
from grader.mock.clock import time_in_words
from grader.mock.sitting import Sitting
from grader.report.terminal import say

_REFRESH_S = 0.5
_SAVE_INTERVAL_S = 5.0


def status(
    live: Annotated[bool, typer.Option("--live", help="Keep counting down until you press Ctrl-C.")] = False,
) -> None:
    """Show how much time is left and what you have done."""
    sitting = attended_sitting()
    if live:
        with until_interrupted():
            _count_down(sitting)
    else:
        for line in _lines(sitting):
            say(line)


def _count_down(sitting: Sitting) -> None:
    """Show the status until the mock ends, save changes and warn about the time."""
    from rich.live import Live

    console = Console(highlight=False)
    saved_at = time.monotonic()
    with Live(console=console, refresh_per_second=2) as display:
        while sitting.journal.is_open:
            display.update(Text("\n".join(_lines(sitting))))
            time.sleep(_REFRESH_S)
            if time.monotonic() - saved_at > _SAVE_INTERVAL_S:
                sitting = Sitting(sitting.name)  # with what other commands have noted
                sitting.save_changes()
                warn_loudly(sitting, console)
                saved_at = time.monotonic()


def _lines(sitting: Sitting) -> Iterator[str]:
    plan = sitting.plan
    yield f"Mock {sitting.name} · {plan.shape} · {plan.minutes} min · {time_left(sitting)}"
    for challenge in sitting.challenges():
        stages = sitting.asked_stages(challenge)
        asked = f", {stages_in_words(stages, with_minutes=False)}" if stages else ""
        yield f"  {challenge.name}{asked}: {_progress(sitting, challenge.name)}"
    if plan.questions:
        yield f"  questions: {len(sitting.answers())} of {len(plan.questions)} answered"


def _progress(sitting: Sitting, challenge: str) -> str:
    """What was done for a challenge: when it was changed last, and how it was tried."""
    changes = sitting.versions(challenge)[1:]  # the first version is the stub
    state = f"changed {time_in_words(changes[-1].at_s)} after the start" if changes else "untouched"
    tries = [entry for entry in sitting.journal.entries_of("tried") if entry.facts["challenge"] == challenge]
    if not tries:
        return f"{state}, not tried"
    n = "1 try" if len(tries) == 1 else f"{len(tries)} tries"
    return f"{state}, {n}, the last with {tries[-1].facts['counts']['all']} passed"
