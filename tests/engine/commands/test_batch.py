"""The verb batch as a teacher types it; one test grades two files in earnest."""

import csv
import signal
import subprocess

import psutil
import pytest

from tests.conftest import ROOT, command, environment, grade_py
from tests.support.batches import wait_for

REFERENCE = (ROOT / "tests" / "toy" / "reference" / "toy" / "solution.py").read_text()


@pytest.fixture
def school(tmp_path):
    """A folder with what two people handed in, and something else."""
    for who, text in (("Ann Ö.", REFERENCE), ("bob", "def total(keys:\n"), ("notes", None)):
        (tmp_path / "class" / who).mkdir(parents=True)
        name = "toy.py" if text is not None else "read me.txt"
        (tmp_path / "class" / who / name).write_text(text or "")
    return tmp_path


def test_a_dry_run_says_what_would_be_graded_and_writes_nothing(toy_root, school):
    done = grade_py(toy_root, "batch", school / "class", "--out", school / "out", "--dry-run")
    assert done.status == 0
    assert done.out.splitlines() == ["  not graded  notes/read me.txt: not a .py file", "toy: 2 submissions"]
    assert not (school / "out").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--challenge", "tooy"], "Did you mean toy?"),
        (["--packages", "conda"], "auto, uv, pip, no"),
        (["--resume"], "holds no batch that could be resumed"),
        (["--address", "127.0.0.1:1"], "There is no Ray cluster at 127.0.0.1:1"),
    ],
)
def test_what_cannot_be_is_said(toy_root, school, options, said):
    done = grade_py(toy_root, "batch", school / "class", "--out", school / "out", *options)
    assert done.status == 2
    assert said in done.err


def test_a_folder_without_submissions_is_refused(toy_root, school):
    done = grade_py(toy_root, "batch", school / "class" / "notes", "--out", school / "out")
    assert done.status == 2
    assert "holds no submission" in done.err


def test_two_people_are_graded_and_get_their_pages(toy_root, school):
    out = school / "out"
    arguments = ("batch", school / "class", "--out", out)
    done = grade_py(toy_root, *arguments, "--only", "test_total", "--seed", "5", RAY_ADDRESS="")
    assert done.status == 0, done.err
    rows = {row["who"]: row for row in csv.DictReader((out / "results.csv").open())}
    assert {who: (row["score"], row["toy.test_total"]) for who, row in rows.items()} == {
        "Ann Ö.": ("40.0", "pass"),
        "bob": ("0.0", "fail"),
    }
    assert "side by side on this machine" in done.out
    assert len(list((out / "students").iterdir())) == 2
    assert "Ann Ö." in (out / "class.html").read_text()
    spec = (toy_root / "challenges" / "toy" / "hidden" / "test_spec.py").read_text()
    source_lines = {line.strip() for line in spec.splitlines() if len(line.strip()) > 30 and "(" in line}
    shown = "".join(page.read_text() for page in (out / "students").iterdir())
    assert not [line for line in source_lines if line in shown]

    again = grade_py(toy_root, *arguments, "--resume")
    assert again.status == 0
    assert "side by side" not in again.out  # nothing was left to be graded
    assert grade_py(toy_root, *arguments).status == 2  # it is not overwritten


def test_ctrl_c_ends_all_that_was_started_and_what_was_graded_is_kept(toy_root, school):
    arguments = command("batch", school / "class", "--out", school / "out")
    driver = subprocess.Popen(
        arguments,
        env=environment(toy_root, RAY_ADDRESS=""),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    below = psutil.Process(driver.pid)
    wait_for(lambda: any("ray" in process.name() for process in below.children(recursive=True)))
    started = below.children(recursive=True)
    driver.send_signal(signal.SIGINT)
    _, said = driver.communicate(timeout=120)
    assert driver.returncode == 130
    assert b"Continue with --resume" in said
    wait_for(lambda: not any(process.is_running() for process in started))  # wardens end with their judge
    assert (school / "out" / "journal.jsonl").exists()
