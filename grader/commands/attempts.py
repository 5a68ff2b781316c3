"""The learner's attempts, with a warning for each record that cannot be read."""

from __future__ import annotations

from grader.report.attempts import Attempt, read_attempts
from grader.report.terminal import say


def readable_attempts(challenge: str | None) -> list[Attempt]:
    """The attempts at one challenge, or at all, oldest first.

    Args:
        challenge: Its name; None for all.
    """
    attempts, broken = read_attempts(challenge)
    for line in broken:
        say(f"grade.py: {line}", err=True)
    return attempts
