"""The CI script forgives a test that passes on a second try, names it, and forgives nothing else."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.conftest import ROOT

# What the script finds on its machine: `uv run pytest` is a real one, the other tools always agree.
TOOLS = {
    "python3": """
mkdir -p .ci/venv/bin
ln -sf "$TOOLS/uv" .ci/venv/bin/uv
printf '#!/bin/sh\\n' > .ci/venv/bin/pip
chmod +x .ci/venv/bin/pip
""",
    "uv": f"""
[ "$1 $2" = "run pytest" ] || exit 0
shift 2
echo "$@" >> pytests
exec {sys.executable} -m pytest "$@"
""",
    "pgrep": "echo ${LEFT:-0}",
}
SUITE = """
import os, pathlib, pytest

def tried():
    file = pathlib.Path("tried")
    before = file.read_text() if file.exists() else ""
    file.write_text(before + "x")
    return len(before)

def test_sound():
    pass

def test_left_out():
    pytest.skip("not here")

@pytest.mark.parametrize("word", {words})
def test_case(word):
    {line}
"""
CASES = {
    "sound": ("pass", ["two words"]),
    "once": ("assert tried()", ["two words"]),
    "always": ("assert not word", ["two words"]),
    "exits": ("os._exit(1)", ["two words"]),  # as a timeout ends pytest
    "many": ("assert not word", list("elevenwords")),
    "does not run": ("(", []),
}


@pytest.fixture
def ended(tmp_path):
    """How the script ends in a clone whose tests are these."""

    def run(case, **environment):
        clone, tools = tmp_path / "clone", tmp_path / "tools"
        for folder in (clone / ".ci", tools):
            folder.mkdir(parents=True)
        shutil.copy(ROOT / ".ci" / "run", clone / ".ci" / "run")
        (clone / "pytest.ini").write_text("[pytest]\naddopts = -ra\n")
        (clone / "test_suite.py").write_text(SUITE.format(line=case[0], words=case[1]))
        for name, script in TOOLS.items():
            (tools / name).write_text(f"#!/bin/sh\n{script}")
            (tools / name).chmod(0o755)
        own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        own |= {"PATH": f"{tools}:{os.environ['PATH']}", "TOOLS": str(tools)}
        done = subprocess.run(
            [clone / ".ci" / "run"], env=own | environment, capture_output=True, text=True, check=False
        )
        done.pytests = (clone / "pytests").read_text().splitlines()
        return done

    return run


@pytest.mark.parametrize(
    ("case", "status", "n_runs"),
    [("sound", 0, 1), ("always", 1, 2), ("exits", 1, 1), ("many", 1, 1), ("does not run", 2, 1)],
)
def test_what_fails_is_tried_once_more_and_what_fails_twice_has_failed(ended, case, status, n_runs):
    done = ended(CASES[case])
    assert done.returncode == status, done.stdout + done.stderr
    assert len(done.pytests) == n_runs
    assert "unsteady" not in done.stdout


def test_who_passes_on_a_second_try_is_named_at_the_end_below_the_sum(ended):
    done = ended(CASES["once"])
    assert done.returncode == 0, done.stdout + done.stderr
    *_, closing, last = done.stdout.splitlines()
    assert closing == "== 1 passed, 1 skipped at once; 1 passed on a second try =="
    assert last.startswith("unsteady: passed on a second try: test_suite.py::test_case[two words] - ")


def test_processes_that_are_left_fail_the_run_whatever_the_tests_said(ended):
    done = ended(CASES["once"], LEFT="3")
    assert done.returncode == 1
    assert "Ray processes are left: 3\nunsteady: " in done.stdout
