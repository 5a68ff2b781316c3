"""The grading of a mock's solutions: nothing is shown but that it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from grader.catalogue.challenges import Challenge
from grader.commands.interruption import interruptible


def grade_quietly(challenge: Challenge, path: Path, advice: str = "", *, n_stages: int = 0) -> dict[str, Any]:
    """Grade a file without showing any behaviour; the record's JSON.

    Args:
        challenge: The challenge that the file solves.
        path: The file.
        advice: What the user can do after an interruption, as a sentence.
        n_stages: How many of its stages are judged; 0 for all of the challenge.
    """
    from grader.judge.course import up_to
    from grader.judge.engine import grade
    from grader.side.warden_client import sweep_leftovers

    console = Console(file=sys.stderr, highlight=False)
    sweep_leftovers()
    with interruptible(advice), console.status(f"grading {challenge.name}"):
        course = up_to(n_stages) if n_stages else None
        return grade(challenge, challenge.submission(path), course=course).to_json()


def counts_by_category(record: dict[str, Any]) -> dict[str, str]:
    """How many behaviours passed, such as "3 of 5": of all, and of each category."""
    passed: dict[str, list[bool]] = {"all": []}
    for check in record["checks"]:
        for category in ("all", check["category"]):
            passed.setdefault(category, []).append(check["outcome"] == "pass")
    return {category: f"{sum(each)} of {len(each)}" for category, each in passed.items()}
