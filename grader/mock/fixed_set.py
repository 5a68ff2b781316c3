"""Reads a fixed set: the plan an interviewer gives to every candidate, so that cards can be compared."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from grader.catalogue.challenges import Challenge
from grader.catalogue.questions import Question
from grader.errors import UsageError
from grader.mock.plan import Plan

EXAMPLE = """\
  minutes = 60
  challenges = ["slow_gets"]
  questions = ["retries_by_default"]
  seed = 7"""


class _SetFile(BaseModel):
    """What the file may hold."""

    model_config = ConfigDict(strict=True, extra="forbid")
    minutes: int
    challenges: list[str]
    questions: list[str] = []
    seed: int = 0


def read_set(path: Path, challenges: Sequence[Challenge], questions: Sequence[Question]) -> Plan:
    """The plan that a file describes.

    Args:
        path: A TOML file.
        challenges: Those it may name.
        questions: Those it may name.

    Raises:
        UsageError: The file cannot be read, or names something that is not there.
    """
    asked = _read_file(path)
    unknown = sorted(set(asked.challenges) - {challenge.name for challenge in challenges})
    unknown += sorted(set(asked.questions) - {question.id for question in questions})
    if unknown:
        raise UsageError(
            f"{path}: there is no challenge or question named {', '.join(unknown)}. Check the spelling."
        )
    if not asked.challenges:
        raise UsageError(f"{path}: challenges is empty. Name at least one challenge.")
    return Plan(
        shape="set",
        minutes=asked.minutes,
        level=0,
        seed=asked.seed,
        challenges=tuple(asked.challenges),
        questions=tuple(asked.questions),
    )


def _read_file(path: Path) -> _SetFile:
    try:
        return _SetFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}. A set looks like this:\n{EXAMPLE}") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise UsageError(f"{path}: {key}: {first['msg']}. A set looks like this:\n{EXAMPLE}") from None
