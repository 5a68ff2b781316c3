"""A hand-out holds what students may see, works by itself, and holds no line of what they may not."""

import json
import subprocess
import sys
import zipfile

import pytest

from grader.authoring.handout import hand_out
from grader.catalogue.challenges import HANDOUT, challenge_names, find_challenge
from grader.errors import UsageError
from tests.conftest import environment, grade_py

SHORTEST = 40  # shorter lines are the same by chance
CONVENTIONAL = {
    "from __future__ import annotations",
    "def __init__(self, rng: np.random.Generator) -> None:",
    "def __init__(self, n_orders: int) -> None:",
}


def lines_of(paths):
    """Lines of these text files, stripped, that are long enough to tell something."""
    lines = (line.strip() for path in paths for line in path.read_text(encoding="utf-8").splitlines())
    return {line for line in lines if len(line) >= SHORTEST}


def in_the_copy(folder, *args):
    """grade.py of the hand-out, run there as a student does."""
    own = {name: value for name, value in environment(folder).items() if name != "KATA_ROOT"}
    command = [sys.executable, "grade.py", *args]
    return subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, check=False)


@pytest.fixture
def copy_of_toy(toy_root, tmp_path):
    """A hand-out of the toy challenge."""
    out = tmp_path / "katas"
    done = grade_py(toy_root, "bundle", "toy", "--out", out)
    assert done.status == 0, done.err
    return out


@pytest.fixture(scope="module")
def copy_of_all(tmp_path_factory):
    """A hand-out of every challenge, without hints."""
    out = tmp_path_factory.mktemp("handout") / "katas"
    return hand_out([find_challenge(n) for n in challenge_names()], out, with_hints=False, as_zip=False)


@pytest.mark.parametrize("name", challenge_names())
def test_no_line_of_a_solution_of_notes_hints_or_a_behaviour_is_in_it(copy_of_all, name):
    challenge = find_challenge(name)
    sealed = [challenge.folder / "hints.md", *challenge.right.glob("*.py")]
    sealed += [challenge.reference / "NOTES.md", challenge.reference_path]
    students_own = [
        challenge.stub_path,
        challenge.folder / "README.md",
        challenge.folder / "test_examples.py",
    ]
    students_own += challenge.folder.glob("service.py")
    copied = [path for path in (copy_of_all / "challenges" / name).rglob("*") if path.is_file()]
    behaviours = {
        line for line in lines_of([challenge.suite_path]) if line.startswith(('"""', "assert ", "def "))
    }
    secret = lines_of(sealed) | behaviours
    assert lines_of(copied) & (secret - lines_of(students_own)) - CONVENTIONAL == set()


@pytest.mark.parametrize("name", challenge_names())
def test_what_may_not_be_seen_is_not_there(copy_of_all, name):
    folder = copy_of_all / "challenges" / name
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    may_be_seen = {"README.md", "challenge.toml", "stub.py", "service.py", "test_examples.py"}
    assert there <= may_be_seen | {"hidden/world.py", "hidden/scenarios.py"}
    assert {path.name for path in copy_of_all.iterdir()} == {
        "LICENSE", "README.md", "challenges", "conftest.py", "grade.py", "grader", HANDOUT, "pyproject.toml",
    }  # fmt: skip


def test_a_learners_own_files_are_not_handed_out(toy_root, tmp_path):
    (toy_root / "challenges" / "toy" / "solution.py").write_text("secret = 1\n")
    assert grade_py(toy_root, "bundle", "toy", "--out", tmp_path / "katas").status == 0
    assert not list((tmp_path / "katas").rglob("solution.py"))


def test_a_student_lists_starts_and_tries(copy_of_toy):
    assert "toy" in in_the_copy(copy_of_toy, "list").stdout
    started = in_the_copy(copy_of_toy, "start", "toy")
    assert "Next: python grade.py try toy" in started.stdout
    tried = in_the_copy(copy_of_toy, "try", "toy")
    assert "It returned" in tried.stdout, tried.stdout + tried.stderr


def test_a_student_runs_the_examples(copy_of_toy):
    in_the_copy(copy_of_toy, "start", "toy")
    command = [sys.executable, "-m", "pytest", "-q", "challenges/toy/test_examples.py"]
    own = {name: value for name, value in environment(copy_of_toy).items() if name != "KATA_ROOT"}
    done = subprocess.run(command, cwd=copy_of_toy, env=own, capture_output=True, text=True, check=False)
    assert " passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["run", "toy"], "the suite of toy is with your teacher"),
        (["watch", "toy"], "the suite of toy is with your teacher"),
        (["compare", "toy"], "the suite of toy is with your teacher"),
        (["verify", "toy"], "the suite of toy is with your teacher"),
        (["bundle", "toy", "--out", "again"], "the suite of toy is with your teacher"),
        (["hint", "toy"], "without the hints of toy"),
        (["quiz"], "The bank of questions is not part"),
        (["mock", "start"], "A mock interview is not part"),
    ],
)
def test_what_a_students_copy_cannot_do_is_said_with_status_2(copy_of_toy, args, said):
    done = in_the_copy(copy_of_toy, *args)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())


def test_hints_are_handed_out_if_the_teacher_wants_it(toy_root, tmp_path):
    assert grade_py(toy_root, "bundle", "toy", "--out", tmp_path / "katas", "--hints").status == 0
    assert "Nudge" in in_the_copy(tmp_path / "katas", "hint", "toy").stdout


def test_a_zip_holds_one_folder_and_nothing_else_is_left(toy_root, tmp_path):
    assert grade_py(toy_root, "bundle", "toy", "--out", tmp_path / "katas", "--zip").status == 0
    assert not (tmp_path / "katas").exists()
    with zipfile.ZipFile(tmp_path / "katas.zip") as packed:
        names = packed.namelist()
        assert json.loads(packed.read(f"katas/{HANDOUT}"))["challenges"] == ["toy"]
    assert {name.split("/")[0] for name in names} == {"katas"}


@pytest.mark.parametrize("as_zip", [False, True])
def test_nothing_is_overwritten(tmp_path, as_zip):
    taken = tmp_path / ("katas.zip" if as_zip else "katas")
    taken.write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        hand_out([find_challenge("slow_gets")], tmp_path / "katas", with_hints=False, as_zip=as_zip)
    assert taken.read_text() == "mine"
