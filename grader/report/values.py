"""Plain values that came from a solution, as text for people and as JSON; large ones are cut down."""

from __future__ import annotations

import pprint
from collections.abc import Mapping
from typing import Any

import numpy as np

from grader.explain.service_calls import brief
from grader.words import printable

MAX_LINES = 24
MAX_ARGUMENT_LINES = 12
_SMALL_ARRAY = 8
_ARRAY_IN_JSON = 10_000
_MOST, _FIRST, _LAST = 60, 40, 10  # items of a list or a dict


def call_text(name: str, args: tuple[Any, ...], inputs: Mapping[str, Any], width: int) -> str:
    """A call as one would write it, on as few lines as its arguments need."""
    whole = [repr(_tame(arg)) for arg in args] + [f"{key}={_tame(value)!r}" for key, value in inputs.items()]
    line = f"{name}({', '.join(whole)})"
    if len(line) <= width:
        return printable(line)
    room = max(width - 4, 20)
    parts = [_item_by_item(arg, room) for arg in args]
    parts += [f"{key}={_item_by_item(value, room)}" for key, value in inputs.items()]
    inside = ",\n".join(parts).replace("\n", "\n    ")
    return printable(f"{name}(\n    {inside},\n)")


def value_text(value: Any, width: int) -> str:
    """A value, laid out for the terminal."""
    return printable(_laid_out(value, max(width, 20), MAX_LINES))


def as_json(value: Any) -> Any:
    """A value as JSON can hold it: arrays as lists, what is large or binary in words."""
    if isinstance(value, np.ndarray):
        return as_json(value.tolist()) if value.size <= _ARRAY_IN_JSON else brief(value)
    if isinstance(value, dict):
        return {str(key): as_json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(each) for each in value]
    if isinstance(value, float) and not np.isfinite(value):
        return repr(value)
    return brief(value) if isinstance(value, bytes) else value


class _Words:
    """Stands for a value and looks like the words for it."""

    def __init__(self, words: str) -> None:
        self._words = words

    def __repr__(self) -> str:
        return self._words


def _tame(value: Any) -> Any:
    """The value with words in place of what is large."""
    if isinstance(value, np.ndarray) and value.size <= _SMALL_ARRAY:
        return _Words(" ".join(repr(value).split()))
    if isinstance(value, np.ndarray | bytes):
        return _Words(f"<{brief(value)}>")
    if isinstance(value, dict):
        items = [(key, _tame(each)) for key, each in list(value.items())[:_MOST]]
        more = len(value) - len(items)
        return dict(items) | ({_Words("…"): _Words(f"{more} more")} if more else {})
    if isinstance(value, list | tuple) and len(value) > _MOST:
        left_out = _Words(f"… {len(value) - _FIRST - _LAST} more …")
        return type(value)([*map(_tame, value[:_FIRST]), left_out, *map(_tame, value[-_LAST:])])
    if isinstance(value, list | tuple):
        return type(value)(map(_tame, value))
    return value


def _item_by_item(value: Any, width: int) -> str:
    """An argument: a list of lists or dicts gets a line for each, as far as it fits."""
    tame = _tame(value)
    if not (isinstance(tame, list) and any(isinstance(each, list | dict | tuple) for each in tame)):
        return _laid_out(value, width, MAX_ARGUMENT_LINES)
    lines = [repr(each) for each in tame]
    lines = [line if len(line) < width else f"{line[: width - 2]}…" for line in lines]
    return "[" + ",\n ".join(_middle_out(lines, MAX_ARGUMENT_LINES)) + "]"


def _laid_out(value: Any, width: int, max_lines: int) -> str:
    lines = pprint.pformat(_tame(value), width=width, compact=True, sort_dicts=False).splitlines()
    return "\n".join(_middle_out(lines, max_lines))


def _middle_out(lines: list[str], max_lines: int) -> list[str]:
    """The lines, or the first and last of them."""
    if len(lines) <= max_lines:
        return lines
    half = max_lines // 2
    return [*lines[:half], f"… {len(lines) - 2 * half} more …", *lines[-half:]]
