"""What the author of a hidden suite writes above a test: one behaviour, its points and its category.

    @behaviour(points=10, category="resilience")
    def test_survives_worker_crash(learner, rng, observe):
        \"\"\"A worker killed in the middle of a task costs no order and duplicates none.\"\"\"

The docstring's first line is the title that the learner reads; the message of a failed assert tells the
learner why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, TypeVar, get_args

import pytest

from grader.side.observation import Void

Category = Literal["correctness", "resilience", "performance", "memory"]
_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """One line of the report.

    Args:
        name: The test's name.
        title: First line of its docstring.
        points: What it is worth, out of the challenge's 100.
        category: The kind of quality it tests.
        required: Whether the challenge cannot be passed without it.
        stage: The number of the stage it belongs to; 0 where there are no stages.
    """

    name: str
    title: str
    points: int
    category: Category
    required: bool
    stage: int = 0


def behaviour(
    *, points: int, category: Category, required: bool = False, stage: int = 0
) -> Callable[[_F], _F]:
    """Mark a test of a hidden suite as one behaviour.

    Args:
        points: What it is worth; a suite's points add up to 100.
        category: "correctness", "resilience", "performance" or "memory".
        required: Whether the challenge cannot be passed without it.
        stage: The number of its stage in challenge.toml; left out where there are no stages.
    """
    if category not in get_args(Category):
        raise ValueError(f"category {category!r}: write one of {', '.join(get_args(Category))}")

    def mark(function: _F) -> _F:
        title = (function.__doc__ or "").strip().split("\n")[0].strip()
        if not title:
            raise ValueError(f"{function.__name__} needs a docstring: its first line is the title")
        described = Behaviour(
            name=function.__name__,
            title=title.rstrip("."),
            points=points,
            category=category,
            required=required,
            stage=stage,
        )
        marked: _F = pytest.mark.behaviour(described)(function)
        return marked

    return mark


def void(why: str) -> NoReturn:
    """End a behaviour without judging it: its fault did not fire, and the solution is not to blame."""
    raise Void(why)
