"""What several verbs have in common: a challenge's name, Ray being there, an orderly end on Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from importlib.util import find_spec
from types import FrameType
from typing import Annotated, NoReturn

import typer

from grader.errors import GradingError, Interrupted

Name = Annotated[str, typer.Argument(help="Name of a challenge, as `list` shows it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def need_ray() -> None:
    """Say how to get Ray where it is not installed.

    Raises:
        GradingError: It is not.
    """
    if find_spec("ray") is None:
        raise GradingError(
            "Ray is not installed for this Python. Install it with  pip install .  "
            "or run through uv:  uv run grade.py …"
        )


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C and SIGTERM end the block in order, and then the program with its own status."""

    def interrupt(_signum: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted("interrupted; both clusters are ended") from None
    finally:
        signal.signal(signal.SIGTERM, before)
