"""Thin entry: `python grade.py --help` shows the verbs."""

import os

# Under `uv run` Ray would ship this folder and rebuild the environment for each worker.
os.environ["RAY_ENABLE_UV_RUN_RUNTIME_ENV"] = "0"

from grader.commands.app import main

if __name__ == "__main__":
    main()
