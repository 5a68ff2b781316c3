"""Grades references with the oldest and the newest Python and Ray that are supported, and prints a table.

    python -m tests.by_hand.versions_table slow_gets     # this challenge, with both ends; without a name: all
    python -m tests.by_hand.versions_table --corners     # also the oldest of one with the newest of the other
    python -m tests.by_hand.versions_table --keep DIR    # keep the environments, and use them again

Each pair gets a fresh environment, which uv makes from the Pythons of this machine and the package index.
It takes about half a gigabyte and a minute for each, and then as long as the gradings.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from grader.catalogue.challenges import read_catalogue
from grader.supported import PYTHON, RAY
from tests.conftest import ROOT, environment

HEAD = "| Python | Ray | challenge | score | status |\n|---|---|---|---|---|"
INSTALL_WITHIN_S = 900
GRADE_WITHIN_S = 600
TOLD = 300


def pythons():
    """The oldest and the newest supported Python of this machine: (release, interpreter) of each."""
    (major, oldest), (_, newest) = PYTHON.oldest, PYTHON.newest
    releases = [f"{major}.{minor}" for minor in range(oldest, newest + 1)]
    found = [(release, python) for release in releases if (python := interpreter(release))]
    if not found:
        sys.exit(f"uv finds no {PYTHON} on this machine")
    return found[0], found[-1]


def interpreter(release):
    """What uv finds without downloading; None if it finds nothing. It does not look into pyenv by itself."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for asked in (release, *sorted(pyenv.glob(f"versions/{release}.*/bin/python"), reverse=True)):
        command = ["uv", "python", "find", "--system", "--no-project", "--no-python-downloads", asked]
        told = subprocess.run(command, capture_output=True, text=True, check=False)
        if told.returncode == 0:
            return told.stdout.strip()
    return None


def rays():
    """The first and the last supported release, as pip writes them."""
    return f"{RAY.oldest[0]}.{RAY.oldest[1]}.0", f"{RAY.newest[0]}.{RAY.newest[1]}.*"


def installed(folder, python, ray):
    """The interpreter of an environment with the project's requirements and this Ray.

    Raises:
        CalledProcessError: uv could not make it; `stderr` says why.
    """
    own = folder / "bin" / "python"
    if own.exists():
        return own
    requirements = ["-r", ROOT / "pyproject.toml", f"ray=={ray}"]
    for command in (
        ["uv", "venv", "--quiet", "--no-project", "--python", python, folder],
        ["uv", "pip", "install", "--quiet", "--python", own, *requirements],
    ):
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_WITHIN_S)
    return own


def versions(python):
    """What an environment holds: (Python, Ray)."""
    program = "import importlib.metadata as m, platform; print(platform.python_version(), m.version('ray'))"
    told = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True)
    return told.stdout.split()


def graded(python, root, name):
    """Score and status of the reference, graded as a user would."""
    command = [python, ROOT / "grade.py", "run", name, "--against", "reference", "--json"]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=GRADE_WITHIN_S,
            env=environment(root),
        )
    except subprocess.TimeoutExpired:
        return "-", f"not done within {GRADE_WITHIN_S} s"
    if not done.stdout:
        return "-", f"exit {done.returncode}: {done.stderr.strip()[-TOLD:]!r}"
    document = json.loads(done.stdout)
    lost = [
        f"{c['name']} {c['outcome']}: {c['message'][:TOLD]!r}"
        for c in document["checks"]
        if c["outcome"] != "pass"
    ]
    return f"{document['score']:g} of {document['max_score']:g}", "; ".join([document["outcome"], *lost])


def pairs(*, corners):
    """Which Python is combined with which Ray."""
    (old_python, new_python), (old_ray, new_ray) = pythons(), rays()
    found = [(old_python, old_ray), (new_python, new_ray)]
    return [*found, (old_python, new_ray), (new_python, old_ray)] if corners else found


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("names", nargs="*", help="challenges; all, if none is named")
    asked.add_argument("--corners", action="store_true", help="all four pairs")
    asked.add_argument("--keep", type=Path, help="where the environments stay")
    options = asked.parse_args()
    names = options.names or [challenge.name for challenge in read_catalogue()]
    imperfect = 0
    print(HEAD, flush=True)
    with tempfile.TemporaryDirectory(prefix="versions-") as scratch:
        root = Path(scratch, "root")
        for part in ("challenges", "reference"):
            shutil.copytree(ROOT / part, root / part)
        for (release, python), ray in pairs(corners=options.corners):
            folder = (
                options.keep or Path(scratch)
            ).absolute() / f"python{release}-ray{ray.removesuffix('.*')}"
            try:
                own = installed(folder, python, ray)
                shown = versions(own)
            except subprocess.CalledProcessError as error:
                print(
                    f"| {python} | {ray} | - | - | no environment: {error.stderr.strip()[-TOLD:]!r} |",
                    flush=True,
                )
                imperfect += 1
                continue
            for name in names:
                score, status = graded(own, root, name)
                imperfect += status != "passed"
                print(f"| {' | '.join([*shown, name, score, status])} |", flush=True)
    return bool(imperfect)


if __name__ == "__main__":
    os.environ.setdefault(
        "UV_LINK_MODE", "copy"
    )  # uv's cache and the environments may lie on different file systems
    sys.exit(main())
