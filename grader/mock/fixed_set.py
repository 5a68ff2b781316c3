"""Reads a fixed set: what an interviewer gives to every candidate, so that their cards can be compared."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from grader.catalogue.challenges import Challenge
from grader.catalogue.questions import Question
from grader.errors import UsageError
from grader.mock.draw import Plan


class _FixedSet(BaseModel):
    """A set of one's own: what an interviewer gives to every candidate."""

    model_config = ConfigDict(strict=True, extra="forbid")
    minutes: int
    challenges: list[str]
    questions: list[str] = []
    seed: int = 0


def read_set(path: Path, challenges: Sequence[Challenge], questions: Sequence[Question]) -> Plan:
    """The plan that a file describes.

    Raises:
        UsageError: It cannot be read, or names what is not there.
    """
    try:
        found = _FixedSet.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(
            f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}. A set looks like\n"
            '  minutes = 60\n  challenges = ["slow_gets"]\n  questions = ["retries_by_default"]\n  seed = 7'
        ) from None
    unknown = sorted(set(found.challenges) - {c.name for c in challenges})
    unknown += sorted(set(found.questions) - {q.id for q in questions})
    if unknown or not found.challenges:
        raise UsageError(f"{path}: there is no {', '.join(unknown) or 'challenge in it'}")
    return Plan(
        shape="set", minutes=found.minutes, level=0, seed=found.seed,
        challenges=tuple(found.challenges), questions=tuple(found.questions),
    )  # fmt: skip
