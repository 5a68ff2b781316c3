"""Counts of things, in words."""


def counted(n: int, noun: str) -> str:
    """A number and its noun: "1 time", "2 times"."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
