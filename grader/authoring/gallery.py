"""The gallery of a challenge: right solutions of other designs, and wrong ones as edits of right ones.

    tests/right/NAME/DESIGN.py     a whole program that keeps every promise of the brief
    tests/wrong/NAME/DEFECT.toml   base, behaviours that reject it, the defect in a sentence, edits
    tests/wrong/NAME/DEFECT.py     a whole program, where nearly everything differs from every base

A fix of a contract is made once, in the base, and every wrong solution follows.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from grader.catalogue.challenges import Challenge
from grader.catalogue.toml_defects import defects
from grader.errors import ChallengeError, UsageError

REFERENCE = "reference"
_HEADER = re.compile(r"#\s*rejected-by:\s*(?P<names>\S.*)")
Text = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongSolution:
    """A program that must be rejected, and by which behaviours.

    Args:
        name: Of its defect, and of its file without the suffix.
        source: The whole program.
        rejected_by: Names of behaviours.
    """

    name: str
    source: str
    rejected_by: frozenset[str]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _Change(_Part):
    old: Annotated[Text, Field(examples=["ray.put(model)"])]
    new: Annotated[str, Field(examples=["model"])]


class _Defect(_Part):
    base: Annotated[str, Field(pattern=r"^(reference|right/\w+)$", examples=["right/threads"])]
    rejected_by: Annotated[list[Text], Field(min_length=1, examples=[["test_a", "test_b"]])]
    defect: Annotated[Text, Field(examples=["What its author believed, and what is therefore wrong."])]
    change: Annotated[list[_Change], Field(min_length=1)]


def right_solutions(challenge: Challenge) -> dict[str, Path]:
    """The right solutions beside the reference, by the name of their design."""
    return {path.stem: path for path in sorted(challenge.right.glob("*.py"))}


def wrong_solutions(challenge: Challenge, behaviours: Collection[str]) -> list[WrongSolution]:
    """All wrong solutions, by name.

    Args:
        challenge: Whose.
        behaviours: Names of the behaviours of its suite.

    Raises:
        ChallengeError: Some cannot be read or composed, do not say which behaviours reject them, or name one
            that is not there. The message names all of them: a change of a base can break several.
    """
    paths = sorted(challenge.wrong.glob("*.toml")) + sorted(challenge.wrong.glob("*.py"))
    found: dict[str, WrongSolution] = {}
    complaints: list[str] = []
    for path in paths:
        try:
            solution = _read_wrong(challenge, path, behaviours)
        except ChallengeError as error:
            complaints.append(str(error))
            continue
        if solution.name in found:
            complaints.append(f"{path}: {solution.name} is there as .toml and as .py. Remove one of them")
        found[solution.name] = solution
    if complaints:
        raise ChallengeError("\n".join(complaints))
    return [found[name] for name in sorted(found)]


def _read_wrong(challenge: Challenge, path: Path, behaviours: Collection[str]) -> WrongSolution:
    solution = _composed(challenge, path) if path.suffix == ".toml" else _whole(path)
    if strange := solution.rejected_by - set(behaviours):
        raise ChallengeError(
            f"{path}: the suite has no behaviour {', '.join(sorted(strange))}. "
            f"It has: {', '.join(behaviours)}"
        )
    return solution


def chosen(solutions: list[WrongSolution], names: Collection[str]) -> list[WrongSolution]:
    """The wrong solutions of these names.

    Raises:
        UsageError: There is none of one of the names.
    """
    known = {solution.name: solution for solution in solutions}
    if strange := sorted(set(names) - set(known)):
        raise UsageError(f"There is no wrong solution {', '.join(strange)}. There are: {', '.join(known)}.")
    return [known[name] for name in names]


def _whole(path: Path) -> WrongSolution:
    source = path.read_text(encoding="utf-8")
    first = source.split("\n", 1)[0]
    match = _HEADER.match(first)
    if match is None:
        raise ChallengeError(
            f"{path}: the first line is {first!r}. "
            "Name the behaviours that reject it:  # rejected-by: test_a, test_b"
        )
    names = frozenset(name.strip() for name in match["names"].split(","))
    return WrongSolution(name=path.stem, source=source, rejected_by=names)


def _composed(challenge: Challenge, path: Path) -> WrongSolution:
    defect = _read(path)
    base = challenge.reference_path
    if defect.base != REFERENCE:
        base = challenge.right / f"{defect.base.removeprefix('right/')}.py"
    if not base.is_file():
        known = ", ".join([REFERENCE, *(f"right/{name}" for name in right_solutions(challenge))])
        raise ChallengeError(f'{path}: there is no base "{defect.base}". There are: {known}')
    source = base.read_text(encoding="utf-8")
    for change in defect.change:
        n_found = source.count(change.old)
        if n_found != 1:
            raise ChallengeError(
                f"{path}: this text has to occur once in {base}, after the changes above it, and occurs "
                f"{n_found} times:\n{change.old.rstrip()}\nMake `old` longer, or follow the base."
            )
        source = source.replace(change.old, change.new)
    return WrongSolution(name=path.stem, source=source, rejected_by=frozenset(defect.rejected_by))


def _read(path: Path) -> _Defect:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ChallengeError(f"{path} is not valid TOML: {error}") from None
    try:
        return _Defect.model_validate(table)
    except ValidationError as error:
        raise ChallengeError("\n".join(f"{path}: {line}" for line in defects(error, _Defect))) from None
