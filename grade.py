"""Thin entry: `python grade.py --help` shows the verbs."""

import os
import platform
import sys
from importlib.util import find_spec

from grader.supported import PYTHON

# Under `uv run` Ray would ship this folder and rebuild the environment for each worker.
os.environ["RAY_ENABLE_UV_RUN_RUNTIME_ENV"] = "0"

NEEDED = ("typer", "rich", "pydantic", "psutil")  # Ray only for gradings, which say so


def complain(missing: list[str]) -> None:
    """Say which packages this Python lacks, and what to type instead."""
    lines = (
        f"{sys.executable} lacks {', '.join(missing)}. The project's own environment has them. Type",
        f"  uv run grade.py {' '.join(sys.argv[1:])}".rstrip(),
        "or, without uv, activate the environment that the README makes: . .venv/bin/activate",
    )
    print(*lines, sep="\n", file=sys.stderr)  # noqa: T201 - nothing that prints better is there


def refuse_old_python() -> None:
    """Say so before the first import that an older Python cannot do."""
    found = platform.python_version()
    if PYTHON.side_of(found) == "below":
        newest = "{}.{}".format(*PYTHON.newest)
        lines = (
            f"{sys.executable} is Python {found}, which is too old: the grader is tested with {PYTHON}. Type",
            f"  uv run --python {newest} grade.py {' '.join(sys.argv[1:])}".rstrip(),
            f"or make the README's environment with one of those: python{newest} -m venv .venv",
        )
        print(*lines, sep="\n", file=sys.stderr)  # noqa: T201 - nothing that prints better can be imported
        sys.exit(2)


if __name__ == "__main__":
    refuse_old_python()
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        complain(missing)
        sys.exit(2)
    from grader.commands.app import main

    main()
