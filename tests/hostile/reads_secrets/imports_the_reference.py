# attack: imports the reference from wherever Python may find it
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: fail
# says: the total of
"""Hopes that the reference lies on a path that it inherits, or above its own folder."""

import contextlib
import importlib
import importlib.util
import os
import sys
from pathlib import Path

NAMES = ("reference", "reference.toy.solution", "toy.solution", "challenges.toy.hidden.world", "grader")


def near():
    # Not what lies above each of sys.path: an environment inside of the clone leads there, see SECURITY.md.
    places = [Path(p) for p in sys.path] + [Path(__file__), *Path(__file__).parents, Path.cwd(), Path.home()]
    places += [Path(value) for value in os.environ.values() if value.startswith("/")]
    for folder in places:
        yield folder / "reference" / "toy" / "solution.py"
        yield folder / "tests" / "toy" / "reference" / "toy" / "solution.py"


def found():
    for name in NAMES:
        with contextlib.suppress(Exception):
            yield importlib.import_module(name)
    for path in set(near()):
        if path.is_file():
            spec = importlib.util.spec_from_file_location("stolen", path)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            yield module


def total(keys):
    for module in found():
        if hasattr(module, "total"):
            return module.total(keys)
    return 0
