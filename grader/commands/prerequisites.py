"""What has to be there before a grading."""

from __future__ import annotations

from importlib.util import find_spec

from grader.errors import GradingError
from grader.report.terminal import say
from grader.system.bytecode import compile_ray, is_compiled


def need_ray() -> None:
    """Say how to install Ray if it is missing, and compile it once if nobody has.

    Raises:
        GradingError: Ray is not installed.
    """
    if find_spec("ray") is None:
        raise GradingError(
            "Ray is not installed for this Python. Install it with  pip install .  "
            "or run through uv:  uv run grade.py …"
        )
    if not is_compiled():
        say("Compiling Ray's modules, once for this environment", err=True)
        compile_ray()
