"""The engine is the clone's alone: what is installed for it does not let a solution import it."""

import os
import subprocess
import sys


def test_a_program_elsewhere_does_not_find_the_engine():
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    search = "import importlib.util; print(importlib.util.find_spec('grader'))"
    found = subprocess.run(
        [sys.executable, "-c", search], cwd="/", env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "None", "an old `pip install .` is left: pip uninstall ray-kata"
