"""Thin entry: `python grade.py --help` shows the verbs."""

import os
import sys
from importlib.util import find_spec

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


if __name__ == "__main__":
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        complain(missing)
        sys.exit(2)
    from grader.commands.app import main

    main()
