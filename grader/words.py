"""Words for people: numbers of things, and a solution's text without what could deceive."""

import os
import re

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def counted(n: int, noun: str) -> str:
    """A number and its noun: "1 time", "2 times"."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def printable(text: str) -> str:
    """Text that came from a solution, without what could move a cursor or colour a verdict."""
    return _CONTROL.sub("", text)


def as_called(text: str) -> str:
    """A text with its commands in the form in which grade.py was called: by `uv run`, or by Python itself."""
    return (
        text.replace("python grade.py", "uv run grade.py") if "UV_RUN_RECURSION_DEPTH" in os.environ else text
    )
