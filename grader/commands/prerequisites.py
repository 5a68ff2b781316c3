"""What has to be there before a grading."""

from __future__ import annotations

from importlib.util import find_spec

from grader.catalogue.challenges import ROOT, Challenge, is_handout
from grader.errors import GradingError, UsageError
from grader.report.terminal import say
from grader.system.bytecode import compile_ray, is_compiled


def need_clone(what: str) -> None:
    """Refuse what no student's copy can do.

    Raises:
        UsageError: This is one.
    """
    if is_handout():
        raise UsageError(
            f"{what} is not part of this student's copy. What there is to do:  python grade.py list"
        )


def need_suite(challenge: Challenge) -> None:
    """Refuse what a student's copy cannot do.

    Raises:
        UsageError: The challenge has no suite here.
    """
    if challenge.is_handed_out:
        raise UsageError(
            f"This is a student's copy, and the suite of {challenge.name} is with your teacher: hand in "
            f"{challenge.solution_path.relative_to(ROOT)}.\n"
            f"    Here you can run it as a grading does, with all that may go wrong:  "
            f"python grade.py try {challenge.name} --list"
        )


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
