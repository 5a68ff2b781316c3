"""Finds the challenges and reads their challenge.toml; errors name the file and the key."""

from __future__ import annotations

import difflib
import keyword
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from grader.catalogue.ladder import in_learning_order
from grader.catalogue.stages import Stage
from grader.catalogue.submission import Submission, read_submission
from grader.catalogue.toml_defects import defects
from grader.errors import ChallengeError, UsageError
from grader.side_spec import ClusterNeeds

# Your own challenges can live elsewhere, laid out the same way.
ROOT = Path(os.environ.get("KATA_ROOT") or Path(__file__).parents[2]).resolve()
OF_A_HANDOUT = ("README.md", "challenge.toml", "stub.py", "test_examples.py")
REQUIRED_FILES = (*OF_A_HANDOUT, "hints.md", "hidden/test_spec.py")
HANDOUT = "handout.json"  # lies in the root of a copy for students
SHARED_MEMORY_SLACK = 1.1
Kind = Literal["fix", "optimise", "debug", "implement", "design"]
Text = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _Cluster(_Part):
    num_cpus: Annotated[int, Field(ge=1, le=16, examples=[4])]
    object_store_mb: Annotated[int, Field(ge=80, le=4096, examples=[256])] = 256
    resources: dict[str, float] = Field(default_factory=dict, examples=[{}])


class _Api(_Part):
    functions: Annotated[list[Text], Field(min_length=1, examples=[["run"]])]


class _Stage(_Part):
    title: Annotated[Text, Field(examples=["What stands when it is reached"])]
    minutes: Annotated[int, Field(ge=5, le=60, examples=[25])]


class _Toml(_Part):
    title: Annotated[Text, Field(examples=["The nightly scoring"])]
    summary: Annotated[Text, Field(examples=["What is wrong, in one line"])]
    track: Annotated[
        Literal[
            "fundamentals", "tasks", "actors", "memory", "debugging", "faults", "scheduling",
            "scenarios",
        ],
        Field(examples=["debugging"]),
    ]  # fmt: skip
    kind: Annotated[Kind, Field(examples=["optimise"])]
    level: Annotated[int, Field(ge=1, le=5, examples=[2])]
    minutes: Annotated[int, Field(ge=5, le=300, examples=[30])]
    pass_mark: Annotated[int, Field(ge=1, le=100, examples=[80])] = 80
    stub_ceiling: Annotated[int, Field(ge=1, le=100, examples=[40])] = 40
    source: Annotated[Text, Field(examples=["where the idea comes from"])]
    needs: Annotated[list[Text], Field(examples=[["slow_gets"]])] = Field(default_factory=list)
    api: _Api
    cluster: _Cluster
    stage: list[_Stage] = Field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """One challenge, as described by its folder and its TOML.

    Args:
        name: The folder's name, a Python identifier.
        folder: challenges/<name>.
        reference: reference/<name>.
        right: tests/right/<name>, right solutions with other designs than the reference.
        wrong: tests/wrong/<name>, the solutions that must be rejected.
        functions: Public names a solution must have.
        pass_mark: Score needed to pass, out of 100.
        stub_ceiling: The untouched stub must score below this.
        minutes: How long a person who knows Ray takes; where there are stages, the sum of theirs.
        needs: Names of the challenges that are better done before it: a hint, not a lock.
        stages: In the order in which one would build them; empty for a challenge without stages.
    """

    name: str
    folder: Path
    reference: Path
    right: Path
    wrong: Path
    title: str
    summary: str
    track: str
    kind: Kind
    level: int
    minutes: int
    pass_mark: int
    stub_ceiling: int
    source: str
    functions: tuple[str, ...]
    cluster: ClusterNeeds
    needs: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()

    @property
    def is_handed_out(self) -> bool:
        """Whether this is a student's copy, without the suite: it can be tried, and not judged."""
        return is_handout(self.folder.parent.parent)

    @property
    def how_to_run(self) -> str:
        """The command that runs the learner's solution: where there is no suite, it can only be tried."""
        return f"python grade.py {'try' if self.is_handed_out else 'run'} {self.name}"

    @property
    def solution_path(self) -> Path:
        """Where the learner's own solution is."""
        return self.folder / "solution.py"

    @property
    def stub_path(self) -> Path:
        """What the learner starts from."""
        return self.folder / "stub.py"

    @property
    def reference_path(self) -> Path:
        """The reference solution."""
        return self.reference / "solution.py"

    @property
    def suite_path(self) -> Path:
        """The hidden-spec suite."""
        return self.folder / "hidden" / "test_spec.py"

    @property
    def shared_memory_bytes(self) -> int:
        """What both sides' object stores need in shared memory, with some slack."""
        return int(2 * self.cluster.object_store_mb * 1_000_000 * SHARED_MEMORY_SLACK)

    def stage(self, number: int) -> Stage:
        """One of its stages.

        Raises:
            UsageError: It has no stage of this number.
        """
        if not self.stages:
            raise UsageError(f"{self.name} has no stages: leave --stage out")
        if not 1 <= number <= len(self.stages):
            raise UsageError(f"--stage {number}: {self.name} has stages 1 to {len(self.stages)}")
        return self.stages[number - 1]

    def submission(self, path: Path | None = None) -> Submission:
        """What to grade: the file at `path`, else the learner's solution, else the stub.

        Raises:
            UsageError: There is no such file, or it cannot be read.
        """
        if path is not None:
            return read_submission(path, "file", self.functions)
        if self.solution_path.exists():
            return read_submission(self.solution_path, "solution", self.functions)
        return read_submission(self.stub_path, "stub", self.functions)


def is_handout(root: Path = ROOT) -> bool:
    """Whether this is a copy for students, made by `bundle`."""
    return (root / HANDOUT).is_file()


def challenge_names(root: Path = ROOT) -> list[str]:
    """Names of all challenges, sorted."""
    return sorted(path.parent.name for path in (root / "challenges").glob("*/challenge.toml"))


def read_catalogue(root: Path = ROOT) -> list[Challenge]:
    """All challenges in learning order: by track, then level, then what builds on what.

    Raises:
        ChallengeError: One of them is broken.
    """
    found = [read_challenge(name, root) for name in challenge_names(root)]
    return in_learning_order(found)


def find_challenge(name: str, root: Path = ROOT) -> Challenge:
    """The challenge a learner names.

    Raises:
        UsageError: No challenge has that name; the message suggests the closest one.
        ChallengeError: It is broken.
    """
    names = challenge_names(root)
    if name in names:
        return read_challenge(name, root)
    close = difflib.get_close_matches(name.strip("/").split("/")[-1].lower(), names, n=1, cutoff=0.5)
    offer = f"Did you mean {close[0]}?" if close else "`python grade.py list` shows them all."
    raise UsageError(f"There is no challenge {name!r}. {offer}")


def check_name(name: str) -> None:
    """Whether a challenge can have this name.

    Raises:
        ChallengeError: It cannot; the message says what a name looks like.
    """
    if not name.isidentifier() or keyword.iskeyword(name) or name != name.lower():
        raise ChallengeError(
            f"challenges/{name}: the name must be a lower-case Python identifier, like slow_gets"
        )


def read_challenge(name: str, root: Path = ROOT) -> Challenge:
    """Read and check one challenge's folder.

    Raises:
        ChallengeError: A file is missing or a key of challenge.toml is wrong; the message says what was
            found and what to write instead.
    """
    folder = root / "challenges" / name
    shown = f"challenges/{name}"
    check_name(name)
    for file_name in OF_A_HANDOUT if is_handout(root) else REQUIRED_FILES:
        if not (folder / file_name).is_file():
            raise ChallengeError(f"{shown}/{file_name} is missing. A challenge needs it: see CONTRIBUTING.md")
    toml = _read_toml(folder / "challenge.toml", shown)
    return Challenge(
        name=name,
        folder=folder,
        reference=root / "reference" / name,
        right=root / "tests" / "right" / name,
        wrong=root / "tests" / "wrong" / name,
        title=toml.title,
        summary=toml.summary,
        track=toml.track,
        kind=toml.kind,
        level=toml.level,
        minutes=toml.minutes,
        pass_mark=toml.pass_mark,
        stub_ceiling=toml.stub_ceiling,
        source=toml.source,
        functions=tuple(toml.api.functions),
        cluster=ClusterNeeds(
            num_cpus=toml.cluster.num_cpus,
            object_store_mb=toml.cluster.object_store_mb,
            resources=toml.cluster.resources,
        ),
        needs=_needs(toml, name, root),
        stages=_stages(toml, shown),
    )


def _needs(toml: _Toml, name: str, root: Path) -> tuple[str, ...]:
    """The challenges that are better done before this one.

    Raises:
        ChallengeError: There is no such challenge, or it is this one.
    """
    known = [other for other in challenge_names(root) if other != name]
    if is_handout(root):  # it has only some of the challenges
        return tuple(needed for needed in toml.needs if needed in known)
    for needed in toml.needs:
        if needed not in known:
            found = "is this challenge itself" if needed == name else "is no challenge"
            raise ChallengeError(
                f"challenges/{name}/challenge.toml: needs names {needed!r}, which {found}.\n"
                f"    There are: {', '.join(known) or 'no others'}"
            )
    return tuple(toml.needs)


def _stages(toml: _Toml, shown: str) -> tuple[Stage, ...]:
    """The stages in their order.

    Raises:
        ChallengeError: Their minutes are not those of the challenge.
    """
    total = sum(stage.minutes for stage in toml.stage)
    if toml.stage and total != toml.minutes:
        raise ChallengeError(
            f"{shown}/challenge.toml: minutes is {toml.minutes}, and the stages take {total} together.\n"
            f"    Write  minutes = {total},  or change the minutes of a [[stage]]"
        )
    return tuple(
        Stage(number=n, title=stage.title, minutes=stage.minutes) for n, stage in enumerate(toml.stage, 1)
    )


def _read_toml(path: Path, shown: str) -> _Toml:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ChallengeError(f"{shown}/challenge.toml is not valid TOML: {error}") from None
    try:
        return _Toml.model_validate(table)
    except ValidationError as error:
        lines = [f"{shown}/challenge.toml: {line}" for line in defects(error, _Toml)]
        raise ChallengeError("\n".join(lines)) from None
