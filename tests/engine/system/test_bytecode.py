"""What Ray's processes import is compiled once, and what they never import is left alone."""

import os
import subprocess
import sys
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from tests.conftest import ROOT

ASK = "from grader.system.bytecode import *; print(is_compiled(), compile_ray(), is_compiled())"


@pytest.fixture
def fake_ray(tmp_path):
    """A Ray that holds a part that is used, one that is not, and nothing that could be imported."""
    for name in ("__init__.py", "util/used.py", "rllib/unused.py"):
        path = tmp_path / "ray" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x = 1\n")
    return tmp_path / "ray"


def asked(ray):
    """In an interpreter that finds this Ray first, and writes no bytecode by itself."""
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join((str(ray.parent), str(ROOT))),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def has_bytecode(path):
    return Path(cache_from_source(str(path))).exists()


def test_what_is_used_is_compiled_once(fake_ray):
    assert asked(fake_ray) == ["False", "True", "True"]
    assert has_bytecode(fake_ray / "util" / "used.py")
    assert not has_bytecode(fake_ray / "rllib" / "unused.py")
    assert asked(fake_ray) == ["True", "True", "True"]


def test_an_environment_that_cannot_be_written_to_is_left_as_it_is(fake_ray):
    (fake_ray / "__pycache__").write_text("a file, where a folder is needed")
    assert asked(fake_ray) == ["False", "False", "False"]


def test_a_python_without_the_packages_says_what_to_type(tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
    done = subprocess.run(
        [str(tmp_path / "bare" / "bin" / "python"), str(ROOT / "grade.py"), "run", "slow_gets"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    first, typed, otherwise = done.stderr.splitlines()
    assert "lacks typer" in first
    assert typed == "  uv run grade.py run slow_gets"
    assert "activate" in otherwise
