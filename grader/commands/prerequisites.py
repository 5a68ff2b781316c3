"""What has to be installed before a grading."""

from __future__ import annotations

from importlib.util import find_spec

from grader.errors import GradingError


def need_ray() -> None:
    """Say how to install Ray if it is missing.

    Raises:
        GradingError: Ray is not installed.
    """
    if find_spec("ray") is None:
        raise GradingError(
            "Ray is not installed for this Python. Install it with  pip install .  "
            "or run through uv:  uv run grade.py …"
        )
