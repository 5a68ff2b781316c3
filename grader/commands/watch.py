"""The verb watch: grades on every save."""

from __future__ import annotations

from typing import Annotated

import typer

from grader.catalogue.challenges import Challenge, find_challenge, read_catalogue
from grader.commands.interruption import interruptible
from grader.commands.layout import lay_out
from grader.commands.prerequisites import need_ray, need_suite
from grader.errors import UsageError
from grader.mock.in_progress import refuse_during_mock


def watch(
    name: Annotated[
        str | None, typer.Argument(help="Name of a challenge. Without it, the one you changed last.")
    ] = None,
) -> None:
    """Grade on every save, on clusters that stay warm.

    Keys show hints, the list of challenges and the comparison with the reference, or move on to the next
    challenge.
    """
    challenge = find_challenge(name) if name is not None else _last_changed()
    refuse_during_mock(challenge.name)
    need_suite(challenge)
    need_ray()
    from grader.commands.watch_session import WatchSession
    from grader.side.warden_client import sweep_leftovers

    sweep_leftovers()
    if not challenge.solution_path.exists():
        lay_out(challenge)
    with interruptible():
        following: Challenge | None = challenge
        while following is not None:
            following = WatchSession(following).run()


def _last_changed() -> Challenge:
    started = [challenge for challenge in read_catalogue() if challenge.solution_path.exists()]
    if not started:
        raise UsageError("No challenge has been started. Start one with  python grade.py start NAME")
    return max(started, key=lambda challenge: challenge.solution_path.stat().st_mtime)
