"""Words for people: numbers of things, and a solution's text without what could deceive."""

import re

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def counted(n: int, noun: str) -> str:
    """A number and its noun: "1 time", "2 times"."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def plain(text: str) -> str:
    """Text that came from a solution, without what could move a cursor or colour a verdict."""
    return _CONTROL.sub("", text)
