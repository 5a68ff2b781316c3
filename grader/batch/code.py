"""The code as it travels to the nodes of a cluster: the engine, and the challenges that are graded."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path

from grader.catalogue.challenges import Challenge

_REPOSITORY = Path(__file__).parents[2]
# What a judge imports, and which of the project's dependencies brings it.
MODULES = {
    "numpy": "numpy",
    "pytest": "pytest",
    "pytest_benchmark": "pytest-benchmark",
    "pydantic": "pydantic",
    "psutil": "psutil",
    "msgpack": "msgpack",
    "grpc": "grpcio",
}
_LEFT_OUT = shutil.ignore_patterns("__pycache__", ".*", "solution.py")  # the learner's own stays here


def stage_code(challenges: Iterable[Challenge], folder: Path, extra: Sequence[Path] = ()) -> None:
    """Copy it into an empty folder, whose files Ray then brings to each node.

    Args:
        challenges: Those that are graded.
        folder: Where to.
        extra: Further packages of the repository, for measurements.
    """
    for package in (_REPOSITORY / "grader", *extra):
        target = folder / package.relative_to(_REPOSITORY)
        shutil.copytree(package, target, ignore=shutil.ignore_patterns("__pycache__"))
    for challenge in challenges:
        shutil.copytree(challenge.folder, folder / "challenges" / challenge.name, ignore=_LEFT_OUT)
        reference = folder / "reference" / challenge.name
        reference.mkdir(parents=True)
        shutil.copyfile(challenge.reference_path, reference / "solution.py")
        for named in challenge.needs:  # a challenge is read only with those that it names
            (folder / "challenges" / named).mkdir(parents=True, exist_ok=True)
            (folder / "challenges" / named / "challenge.toml").touch()


def requirements(modules: Iterable[str]) -> list[str]:
    """The project's own requirements for modules that a node lacks."""
    project = tomllib.loads((_REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {MODULES[module] for module in modules}
    return [each for each in project["dependencies"] if each.split(">")[0].split("=")[0] in wanted]
