"""Lays out a new challenge: the worked example of the clone, under another name.

The worked example is tests/toy, which the engine's own tests grade. A new challenge is a copy of it, so it is
whole and verifies as it stands; its author changes it step by step and can verify it after each step.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from grader.catalogue.challenges import check_name
from grader.errors import GradingError, UsageError

EXAMPLE = Path(__file__).parents[2] / "tests" / "toy"
EXAMPLE_NAME = "toy"
EXAMPLE_TITLE = "The toy"
FOLDERS = ("challenges", "reference", "tests/right", "tests/wrong")

# In the order in which an author changes them: each follows from those above it.
STEPS = (
    ("challenges/toy/README.md", "the brief: what a solution promises, and how it is measured"),
    ("challenges/toy/challenge.toml", "title, public functions, cluster, pass mark"),
    ("challenges/toy/service.py", "the service, if the story has one: a thin client of the world"),
    ("challenges/toy/hidden/world.py", "the world: the judge's half, with its delays, faults and troubles"),
    ("reference/toy/solution.py", "the reference: the best design you know, written to be read"),
    ("challenges/toy/stub.py", "what learners start from: it works, and it is too slow"),
    ("challenges/toy/test_examples.py", "examples that learners can see and run"),
    ("challenges/toy/hidden/test_spec.py", "the suite: one test for each behaviour, 100 points together"),
    ("challenges/toy/hidden/scenarios.py", "what has to run in the learner's process"),
    ("tests/right/toy/key_tasks.py", "a right design that is unlike the reference"),
    ("tests/right/toy/threaded_actor.py", "a second right design, unlike the other two"),
    ("tests/wrong/toy/off_by_one.toml", "a wrong solution: its results are wrong, so it earns nothing"),
    ("tests/wrong/toy/keys_are_a_list.toml", "a wrong solution: it misses a promise of the brief"),
    ("tests/wrong/toy/repeated_keys_merged.toml", "a wrong solution: it misses another promise"),
    ("tests/wrong/toy/no_retries.toml", "a wrong solution: it fails when a worker dies"),
    ("tests/wrong/toy/threads_in_the_driver.toml", "a wrong solution: it makes no use of Ray"),
    ("tests/wrong/toy/one_after_the_other.toml", "a wrong solution: right results, as slow as the stub"),
    ("tests/wrong/toy/whole_cpu_per_fetch.toml", "a wrong solution: right results, still too slow"),
    ("challenges/toy/hints.md", "hints for each stage: nudge, approach, sketch"),
    ("reference/toy/NOTES.md", "designs compared, trade-offs, follow-up questions"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A file of a new challenge.

    Args:
        path: Relative to the root.
        purpose: What it is for, in a few words.
    """

    path: Path
    purpose: str


def lay_out(name: str, root: Path) -> list[Step]:
    """Write a new challenge that is whole.

    Args:
        name: Of the challenge.
        root: The folder that holds `challenges`, `reference` and `tests`.

    Returns:
        Its files, in the order in which an author changes them.

    Raises:
        ChallengeError: A challenge cannot have this name.
        UsageError: Something of that name is already there, or the worked example is not.
        GradingError: It cannot be written. Nothing is left of it.
    """
    check_name(name)
    folders = [root / part / name for part in FOLDERS]
    if taken := [folder for folder in folders if folder.is_symlink() or folder.exists()]:
        shown = ", ".join(str(folder.relative_to(root)) for folder in taken)
        raise UsageError(
            f"Below {root} there is already {shown}. Nothing was written. Choose another name, or move what "
            "is there"
        )
    texts = {step: _renamed(text, name) for step, text in _example(name).items()}
    made: list[Path] = []
    try:
        for folder in folders:
            folder.mkdir(parents=True)
            made.append(folder)
        for step, text in texts.items():
            path = root / step.path
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        for folder in made:
            shutil.rmtree(folder, ignore_errors=True)
        raise GradingError(
            f"{error.filename or root} cannot be written: {error.strerror}. What was there of the new "
            "challenge was removed again"
        ) from None
    return list(texts)


def _example(name: str) -> dict[Step, str]:
    """The worked example's text for each file of the new challenge."""
    found = {}
    for source, purpose in STEPS:
        try:
            text = (EXAMPLE / source).read_text(encoding="utf-8")
        except OSError as error:
            raise UsageError(
                f"{EXAMPLE / source} cannot be read: {error.strerror}. A new challenge is a copy of the "
                "worked example there: run this from a complete clone"
            ) from None
        path = Path(source.replace(f"/{EXAMPLE_NAME}/", f"/{name}/"))
        found[Step(path=path, purpose=purpose)] = text
    return found


def _renamed(text: str, name: str) -> str:
    title = name.replace("_", " ").strip().capitalize() or name
    return re.sub(
        rf"{EXAMPLE_TITLE}|\b{EXAMPLE_NAME}\b",
        lambda found: title if found[0] == EXAMPLE_TITLE else name,
        text,
    )
