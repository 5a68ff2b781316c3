"""Lays out what a side may see: the solution, its service, the scenarios, the engine's own modules."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from grader.catalogue.submission import Submission
from grader.inside import kata_wire
from grader.side_spec import SideFolder

INSIDE = Path(kata_wire.__file__).parent
SERVICE = "service.py"
SCENARIOS = "scenarios.py"
EXAMPLES = "test_examples.py"
IMPORTED = frozenset({".py", ".pyc", ".pth", ".so"})


def prepare_folder(folder: SideFolder) -> None:
    """Make a side's folders, without what a solution left in them, and put the engine's own modules there."""
    for path in (folder.work, folder.home, folder.inside):
        _make_empty(path)
    folder.stacks.mkdir(exist_ok=True)  # processes that survive still write there
    for module in sorted(INSIDE.glob("[!_]*.py")):
        shutil.copyfile(module, folder.inside / module.name)


def _make_empty(path: Path) -> None:
    """Remove what is in a folder, but not the folder: the cluster's processes have it as their directory."""
    if path.is_symlink():
        path.unlink()
    path.mkdir(exist_ok=True)
    for entry in os.scandir(path):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            os.unlink(entry.path)  # noqa: PTH108


def stage(folder: SideFolder, submission: Submission, challenge: Path) -> None:
    """Replace a side's folders: nothing that an earlier solution wrote there stays.

    Args:
        folder: The side's folder.
        submission: Goes there as `solution.py`, whatever its own name is.
        challenge: The challenge's folder, for `service.py`, the visible examples and `hidden/scenarios.py`.
    """
    prepare_folder(folder)
    (folder.work / "solution.py").write_bytes(submission.source)
    for name in (SERVICE, EXAMPLES, f"hidden/{SCENARIOS}"):
        source = challenge / name
        if source.exists():
            shutil.copyfile(source, folder.work / source.name)


def laid_out(folder: SideFolder) -> dict[str, tuple[int, int]]:
    """What there is for driver and workers to import, with the inode and the moment of each last change.

    The kernel notes that moment (ctime), and nobody can put it back: what was changed and restored differs.
    A file that came and went has changed its folder; in the home, Ray and libraries may write others.
    """
    modules = (p for top in (folder.work, folder.inside, folder.home) for p in top.rglob("*"))
    paths = [folder.work, folder.inside, *(path for path in modules if path.suffix in IMPORTED)]
    seen = {str(path): path.lstat() for path in paths}
    return {path: (found.st_ino, found.st_ctime_ns) for path, found in seen.items()}
