"""Versions and hashes of what graded a mock: two cards can be compared when these are equal."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from grader.catalogue.challenges import find_challenge
from grader.catalogue.questions import QUESTIONS
from grader.mock.plan import Plan


def provenance_of(plan: Plan) -> dict[str, Any]:
    """The versions of Ray and Python, and a hash of each suite and of the question bank."""
    return {
        "ray": version("ray"),
        "python": ".".join(map(str, sys.version_info[:3])),
        "suites": {name: _suite_hash(find_challenge(name).folder) for name in plan.challenges},
        "questions": hash_of(QUESTIONS.glob("*.toml")),
    }


def _suite_hash(folder: Path) -> str:
    return hash_of([folder / "stub.py", folder / "README.md", *folder.glob("hidden/*.py")])


def hash_of(paths: Iterable[Path]) -> str:
    """One hash for several files, whatever their order."""
    whole = hashlib.sha256()
    for path in sorted(paths):
        whole.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()
