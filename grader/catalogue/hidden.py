"""Imports a hidden file of a challenge; what fails there is told with file, line and reason."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType

from grader.errors import ChallengeError


def import_hidden(path: Path, name: str) -> ModuleType:
    """Import a file of a challenge's folder `hidden`.

    Args:
        path: The file.
        name: Under which it stays in `sys.modules`, unless its import fails.

    Raises:
        ChallengeError: The import failed.
    """
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        shown = f"challenges/{path.parents[1].name}/hidden/{path.name}{_line(error, path)}"
        raise ChallengeError(f"{shown} cannot be imported: {type(error).__name__}: {error}") from error
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _line(error: Exception, path: Path) -> str:
    """The last line of the file that was executed."""
    passed = traceback.extract_tb(error.__traceback__)
    return next((f" line {frame.lineno}" for frame in reversed(passed) if frame.filename == str(path)), "")
