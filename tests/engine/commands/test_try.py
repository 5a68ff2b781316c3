"""The verb try as a user runs it: what is refused, and what the screen says of deaths, hangs and stops."""

import json
import subprocess

import pytest

from tests.conftest import command, environment, grade_py

TALKS = """
import ray
import service

@ray.remote(num_cpus=0.5)
def fetch(key):
    print("fetching", key)
    return service.fetch(key)

def total(keys):
    print("adding up")
    return sum(ray.get([fetch.remote(key) for key in keys]))
"""

HANGS = """
import ray
import service

@ray.remote
def fetch(key):
    return service.fetch(key)

@ray.remote(num_cpus=1)
class Desk:
    def total(self, keys):
        return sum(ray.get([fetch.remote(key) for key in keys]))

def total(keys):
    desks = [Desk.remote() for _ in range(2)]
    return sum(ray.get([desk.total.remote(keys) for desk in desks]))
"""

STOPS = """
import ray
import service

@ray.remote
def fetch(key):
    return service.fetch(key)

def total(keys):
    found = ray.get([fetch.remote(key) for key in keys])
    breakpoint()
    return sum(found)
"""


@pytest.fixture
def written(tmp_path):
    """Writes a solution; returns its path."""

    def write(source):
        path = tmp_path / "mine.py"
        path.write_text(source)
        return path

    return write


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["try"], "name"),
        (["try", "toi"], "Did you mean toy?"),
        (["try", "toy", "--trouble", "flood"], "no trouble 'flood'. Choose one of: none, killed_worker"),
        (["try", "toy", "--solution", "nowhere.py"], "there is no such file"),
        (["try", "toy", "--input", "nowhere.json"], "cannot be read"),
        (["try", "toy", "--seed", "-1"], "--seed"),
    ],
)
def test_what_cannot_be_tried_is_said_with_status_2(toy_root, args, words):
    ended = grade_py(toy_root, *args)
    assert ended.status == 2
    assert words in ended.err
    assert "Traceback" not in ended.err
    assert ended.out == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[1, 2]", "has to hold an object"),
        ("{", "is not JSON"),
        ('{"size": 3}', "size cannot be varied in none. What can be: n"),
        ('{"n": "many"}', "n of none has to be int, not 'many'"),
        ('{"n": 4000}', "none cannot be set up with this: ValueError"),
    ],
)
def test_an_input_that_makes_no_sense_is_refused_before_anything_starts(toy_root, tmp_path, text, words):
    given = tmp_path / "given.json"
    given.write_text(text)
    ended = grade_py(toy_root, "try", "toy", "--input", given)
    assert ended.status == 2
    assert words in ended.err
    assert ended.out == ""


def test_the_troubles_are_listed_with_what_can_be_varied(toy_root):
    listed = grade_py(toy_root, "try", "toy", "--list")
    assert listed.status == 0
    assert "killed_worker  The process that makes the third fetch is killed" in listed.out
    assert '--input {"n": 4}' in listed.out
    names = [each["name"] for each in grade_py(toy_root, "try", "toy", "--list", "--json").document]
    assert names[0] == "none"
    assert set(names) == {"none", "killed_worker", "held_answers"}


def test_a_challenge_of_a_mock_in_progress_is_not_tried(toy_root, tmp_path):
    fixed = tmp_path / "set.toml"
    fixed.write_text('minutes = 30\nchallenges = ["toy"]\nseed = 3\n')
    assert grade_py(toy_root, "mock", "start", "--set", fixed).status == 0
    ended = grade_py(toy_root, "try", "toy")
    assert ended.status == 2
    assert "part of the mock in progress" in ended.err


def test_a_solution_that_cannot_be_read_starts_no_cluster(toy_root, written):
    ended = grade_py(toy_root, "try", "toy", "--solution", written("def total(keys:\n"))
    assert ended.status == 1
    assert "Not loaded" in ended.out
    assert "line 1" in ended.out


def test_a_death_is_survived_and_everything_about_it_is_shown(toy_root, written):
    path = written(TALKS)
    ended = grade_py(toy_root, "try", "toy", "--solution", path, "--trouble", "killed_worker", "--seed", "3")
    assert ended.status == 0, ended.err
    lines = ended.out.splitlines()
    assert lines[0].startswith("toy · killed_worker")
    assert any(line.startswith("  driver      | adding up") for line in lines)
    assert sum("| fetching" in line for line in lines) >= 5  # one of four was fetched again
    (mishap,) = (line for line in lines if "killed its caller" in line)
    pid = mishap.split("pid ")[1].split(":")[0]
    assert any(line.startswith(f"  pid {pid}") and "fetching" in line for line in lines)
    (row,) = (line.split() for line in lines if line.startswith("  fetch"))
    assert row[1] == "5"
    assert row[-2:] == ["1", "killed"]
    assert "It returned" in ended.out
    assert any(line.startswith("What Ray did:") for line in lines)
    assert not (toy_root / ".grade" / "records").exists()


def test_a_hang_is_told_with_its_cause_and_nothing_is_left_running(toy_root, written):
    ended = grade_py(toy_root, "try", "toy", "--solution", written(HANGS), "--json")
    assert ended.status == 1, ended.err
    seen = ended.document
    assert (seen["trouble"], seen["ending"]) == ("none", "hung")
    assert "2 Desk actors hold all 2 CPUs while waiting in ray.get for `fetch`" in seen["message"]
    assert "Hung after" in ended.err
    assert seen["value"] is None
    names = {span[0] for span in seen["trace"]["spans"]}
    assert {"Desk.total", "fetch"} <= names  # what a dead driver did is still shown


def test_breakpoint_in_the_driver_is_attached_to_the_terminal(toy_root, written, tmp_path):
    given = tmp_path / "given.json"
    given.write_text(json.dumps({"n": 3}))
    args = ["try", "toy", "--solution", written(STOPS), "--input", given, "--debug", "--json"]
    done = subprocess.run(
        command(*args),
        input="p 'there are', len(found)\nc\n",
        capture_output=True,
        text=True,
        env=environment(toy_root),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "-> return sum(found)" in done.stderr
    assert "('there are', 3)" in done.stderr
    assert json.loads(done.stdout)["ending"] == "returned"
