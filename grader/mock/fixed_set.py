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
  seed = 7
  stages = { slow_gets = 2 }"""


class _SetFile(BaseModel):
    """What the file may hold."""

    model_config = ConfigDict(strict=True, extra="forbid")
    minutes: int
    challenges: list[str]
    questions: list[str] = []
    seed: int = 0
    stages: dict[str, int] = {}


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
    _check_stages(path, asked, challenges)
    return Plan(
        shape="set",
        minutes=asked.minutes,
        level=0,
        seed=asked.seed,
        challenges=tuple(asked.challenges),
        questions=tuple(asked.questions),
        stages=tuple(asked.stages.get(name, 0) for name in asked.challenges),
    )


def _check_stages(path: Path, asked: _SetFile, challenges: Sequence[Challenge]) -> None:
    """Refuse stages that are not there: 0, or leaving a challenge out, asks for all of it."""
    most = {challenge.name: len(challenge.stages) for challenge in challenges}
    for name, n_stages in asked.stages.items():
        if name not in asked.challenges:
            raise UsageError(f"{path}: stages names {name}, which is not among the challenges of the set.")
        if not 0 <= n_stages <= most[name]:
            raise UsageError(f"{path}: stages asks for {n_stages} of {name}, which has {most[name]}.")


def _read_file(path: Path) -> _SetFile:
    try:
        return _SetFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}. A set looks like this:\n{EXAMPLE}") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise UsageError(f"{path}: {key}: {first['msg']}. A set looks like this:\n{EXAMPLE}") from None
