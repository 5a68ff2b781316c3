"""Where in an answer something is wrong, and how messages show what was found there."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

MAX_DIGITS = 300  # of an int: with more, it cannot be compared with a float
_SHOWN = 400


class WrongAnswer(AssertionError):  # noqa: N818 - a verdict on the solution, as any failed assert of a suite is
    """An answer is not what was promised or expected: the message says where, and what is there.

    Args:
        message: What the learner reads.
        depth: How deep in the answer it was seen: of several forms, the best one says what is wrong.
    """

    def __init__(self, message: str, depth: float = 0) -> None:
        super().__init__(message)
        self.depth = depth


@dataclass(frozen=True, slots=True)
class Place:
    """Where in an answer a value stands, as messages write it: `score_all()[3]["score"]`."""

    name: str
    steps: tuple[Any, ...] = ()
    above: int = 0  # levels of the answer that the name stands for

    @property
    def depth(self) -> int:
        """How deep in the answer it is."""
        return self.above + len(self.steps)

    def __truediv__(self, step: Any) -> Place:
        return Place(self.name, (*self.steps, step), self.above)

    def __str__(self) -> str:
        inner = "".join(f"[{_index(step)}]" for step in self.steps)
        return f"{self.name}: {inner}" if inner and " " in self.name else self.name + inner

    def wrong(self, what: str, *, of_right_type: bool = False) -> WrongAnswer:
        """The failure to raise for the value that stands here."""
        return WrongAnswer(f"{self} {what}", self.depth + 0.5 * of_right_type)


def shown(value: Any) -> str:
    """A value of any size and depth, short enough for a message."""
    if type(value) is np.ndarray:
        return f"{an_array(value.dtype)} of shape {value.shape}"
    return _SHORT.repr(value)


class _Short(reprlib.Repr):
    """Shows plain data; arrays inside of it by their type alone."""

    def repr_ndarray(self, value: np.ndarray[Any, Any], _level: int) -> str:
        return shown(value)

    def repr_int(self, value: int, level: int) -> str:
        return (
            super().repr_int(value, level)
            if abs(value) < 10**MAX_DIGITS
            else f"an int of over {MAX_DIGITS} digits"
        )


_SHORT = _Short()
_SHORT.maxlevel, _SHORT.maxdict, _SHORT.maxlist, _SHORT.maxtuple = 4, 6, 6, 6
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 120


def typed(value: Any) -> str:
    """A value, with its type where the value alone may not show it."""
    if value is None or type(value) is np.ndarray:
        return shown(value)
    return f"{shown(value)} ({type(value).__name__})"


def shortened(text: str) -> str:
    """A text short enough for a message."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ..."


def listed(keys: Iterable[Any]) -> str:
    """Keys of any type, in order."""
    return shortened(f"[{', '.join(sorted(map(shown, keys)))}]")


def _index(step: Any) -> str:
    """A key or a number in a path."""
    return f'"{shown(step)[1:-1]}"' if type(step) is str else shown(step)


def an_array(dtype: np.dtype[Any]) -> str:
    """An array of this type, in words."""
    return f"{'an' if dtype.kind == 'i' else 'a'} {dtype} array"
