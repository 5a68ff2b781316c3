"""What equals what, for all suites: `same` asserts it, `close` asks.

Types are equal first: True is not 1, 3.0 is not 3. Numbers are numbers: NaN and infinity equal nothing.
Floats differ by at most `within + rel * |expected|`, everything else not at all. What is expected is the
suite's own; what was found may be anything that a solution can return, and comparing it raises nothing but
`WrongAnswer`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from grader.judge.places import Place, WrongAnswer, shown, typed

_SHOWN_KEYS = 4


def close(found: Any, expected: Any, *, within: float = 0.0, rel: float = 0.0) -> bool:
    """Whether a value is what was expected; see `same`."""
    try:
        same(found, expected, "", within=within, rel=rel)
    except WrongAnswer:
        return False
    return True


def same(found: Any, expected: Any, name: str, *, within: float = 0.0, rel: float = 0.0) -> None:
    """Assert that a value is what was expected, down to its leaves.

    Args:
        found: What a solution returned.
        expected: None, bool, int, float, str, bytes, a NumPy array or scalar, or lists, tuples and dicts of
            these; a tuple and a list with the same items are the same.
        name: What messages call the value; they name the place inside it too.
        within: By how much a float may differ, in absolute terms.
        rel: By how much more, times the expected value.

    Raises:
        WrongAnswer: It is something else.
        ValueError: A NaN or an infinity is expected, which nothing equals.
        TypeError: What is expected is of no such type.
    """
    _compare(found, _plain(expected), Place(name), (within, rel))


def _plain(expected: Any) -> Any:
    return expected.item() if isinstance(expected, np.generic) else expected


def _compare(found: Any, expected: Any, at: Place, tolerance: tuple[float, float]) -> None:
    match expected:
        case None | bool() | int() | str() | bytes():
            if type(found) is not type(expected) or found != expected:
                raise _different(found, expected, at)
        case float():
            _compare_floats(found, expected, at, tolerance)
        case np.ndarray():
            _compare_arrays(found, expected, at, tolerance)
        case list() | tuple():
            _compare_length(found, expected, at)
            for number, (one, other) in enumerate(zip(found, expected, strict=True)):
                _compare(one, _plain(other), at / number, tolerance)
        case dict():
            _compare_keys(found, expected, at)
            for key, value in expected.items():
                _compare(found[key], _plain(value), at / key, tolerance)
        case _:
            raise TypeError(
                f"{at}: a {type(expected).__name__} is expected, which no answer can be compared with"
            )


def _compare_floats(found: Any, expected: float, at: Place, tolerance: tuple[float, float]) -> None:
    if not math.isfinite(expected):
        raise ValueError(f"{at}: {expected} is expected, which nothing equals")
    within, rel = tolerance
    allowed = within + rel * abs(expected)
    if type(found) is not float:
        raise _different(found, expected, at)
    apart = abs(found - expected)
    if not (math.isfinite(found) and apart <= allowed):
        margin = f" ± {allowed:.2g}" if allowed else ""
        far = f"; they differ by {apart:.2g}" if math.isfinite(apart) else ""
        raise at.wrong(f"is {found!r}, expected {expected!r}{margin}{far}")


def _compare_arrays(
    found: Any, expected: np.ndarray[Any, Any], at: Place, tolerance: tuple[float, float]
) -> None:
    if type(found) is not np.ndarray or found.shape != expected.shape or found.dtype != expected.dtype:
        raise at.wrong(f"is {typed(found)}, expected {shown(expected)}")
    if expected.dtype.kind not in "fc":
        if not (right := found == expected).all():
            first = tuple(np.argwhere(~right)[0].tolist())
            raise _different(found[first].item(), expected[first].item(), at / list(first))
        return
    if not np.isfinite(expected).all():
        raise ValueError(f"{at}: numbers are expected that are not finite, which nothing equals")
    with np.errstate(all="ignore"):
        apart = np.abs(found - expected)
        right = apart <= tolerance[0] + tolerance[1] * np.abs(expected)  # False where either is NaN
    if not right.all():
        worst = np.unravel_index(np.argmax(np.where(np.isfinite(apart), apart, np.inf)), apart.shape)
        first = tuple(int(index) for index in worst)
        raise at.wrong(
            f"differs in {int((~right).sum())} of {right.size} numbers, most at {list(first)}: "
            f"{found[first].item()!r}, expected {expected[first].item()!r}"
        )


def _compare_length(found: Any, expected: list[Any] | tuple[Any, ...], at: Place) -> None:
    """Assert that it has as many items, in a tuple or a list."""
    if type(found) not in (list, tuple):
        raise _different(found, expected, at)
    if len(found) != len(expected):
        raise at.wrong(f"has {len(found)} items, expected are {len(expected)}: {shown(found)}")


def _compare_keys(found: Any, expected: dict[Any, Any], at: Place) -> None:
    """Assert that it is a dict with these keys."""
    if type(found) is not dict:
        raise _different(found, expected, at)
    missing = [key for key in expected if key not in found]
    if missing:
        raise at.wrong(f"lacks {_some(missing)} of {len(expected)} expected keys")
    strange = [key for key in found if key not in expected]
    if strange:
        raise at.wrong(f"has {_some(strange)}, which is not expected")


def _some(keys: list[Any]) -> str:
    more = f" and {len(keys) - _SHOWN_KEYS} more" if len(keys) > _SHOWN_KEYS else ""
    return ", ".join(map(shown, keys[:_SHOWN_KEYS])) + more


def _different(found: Any, expected: Any, at: Place) -> WrongAnswer:
    if type(found) is type(expected):
        return at.wrong(f"is {shown(found)}, expected {shown(expected)}")
    return at.wrong(f"is {typed(found)}, expected {typed(expected)}")
