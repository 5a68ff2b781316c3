"""Lays out what a side may see: the solution, its fixed collaborators, the scenarios, our own modules."""

from __future__ import annotations

import shutil
from pathlib import Path

from grader.cluster import SideFolder
from grader.submission import Submission

INSIDE = Path(__file__).parent / "inside"
COLLABORATOR = "service.py"


def prepare_folder(folder: SideFolder) -> None:
    """Make a new side's folders and put the engine's own modules there."""
    for path in (folder.work, folder.inside, folder.stacks, folder.home):
        path.mkdir()
    for module in sorted(INSIDE.glob("*.py")):
        shutil.copyfile(module, folder.inside / module.name)


def stage(folder: SideFolder, submission: Submission, challenge: Path) -> None:
    """Replace the side's working folder: nothing that an earlier solution wrote there stays.

    Args:
        folder: The side's folder.
        submission: Goes there as `solution.py`, whatever its own name.
        challenge: The challenge's folder, for `service.py` and `hidden/scenarios.py`.
    """
    shutil.rmtree(folder.work, ignore_errors=True)
    folder.work.mkdir()
    (folder.work / "solution.py").write_bytes(submission.source)
    for name in (COLLABORATOR, "hidden/scenarios.py"):
        source = challenge / name
        if source.exists():
            shutil.copyfile(source, folder.work / source.name)
