"""Options and arguments that several verbs have, and the refusal of unknown values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from grader.errors import UsageError

Name = Annotated[str, typer.Argument(help="Name of a challenge, as `list` shows it.")]
OneOrAll = Annotated[str | None, typer.Argument(help="Name of a challenge. Without it, all challenges.")]
OneStage = Annotated[int | None, typer.Option("--stage", help="Show only what belongs to this stage.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]


def require_known(option: str, value: object, known: Iterable[object]) -> None:
    """Refuse a value that is none of the known ones.

    Raises:
        UsageError: It is not; the message lists those to choose from.
    """
    choices = list(known)
    if value not in choices:
        listed = ", ".join(map(str, choices))
        raise UsageError(f"{option} {value} is unknown. Choose one of: {listed}")
