"""The verb start: a first solution.py."""

from __future__ import annotations

from grader.catalogue.challenges import find_challenge
from grader.commands.layout import lay_out, solution_name
from grader.commands.options import Name
from grader.errors import UsageError


def start(name: Name) -> None:
    """Create solution.py from the stub. An existing solution is never overwritten."""
    challenge = find_challenge(name)
    if challenge.solution_path.exists():
        raise UsageError(
            f"{solution_name(challenge)} already exists and was not changed. "
            f"To start again from the stub:  python grade.py reset {challenge.name}"
        )
    lay_out(challenge)
