"""A new challenge is whole as it is laid out, and laying it out never touches what is there."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.authoring import scaffold
from grader.authoring.gallery import right_solutions, wrong_solutions
from grader.authoring.scaffold import EXAMPLE, STEPS, lay_out
from grader.authoring.static_checks import behaviour_names, check_files, check_gallery, check_suite
from grader.catalogue.challenges import read_challenge
from grader.catalogue.hints import hint_levels
from grader.errors import ChallengeError, GradingError, UsageError
from tests.conftest import ROOT, grade_py

NAMES = ["sums", "slow_sums", "x", "_", "a_toy", "toy", "toy_shop", "größe", "sums2"]
NO_NAMES = ["", "Sums", "slow-sums", "slow sums", "2sums", "class", "../sums", "a/b", "/tmp/x", "."]


def files_below(root):
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


# -- what is laid out ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_new_challenge_is_whole(tmp_path, name):
    lay_out(name, tmp_path)
    challenge = read_challenge(name, tmp_path)
    names = behaviour_names(challenge)
    wrong, right = wrong_solutions(challenge, names), right_solutions(challenge)
    claims = [*check_files(challenge), *check_suite(challenge), *check_gallery(names, wrong, list(right))]
    assert [claim for claim in claims if not claim.holds] == []
    assert len(wrong) >= 6
    assert [len(hint_levels(challenge, stage.number)) for stage in challenge.stages] == [3, 2]
    assert challenge.submission().problem == ""
    for path in [challenge.reference_path, *right.values()]:
        assert challenge.submission(path).problem == ""
    for solution in wrong:
        compile(solution.source, solution.name, "exec")


def test_the_steps_are_the_files_of_the_worked_example_and_of_the_new_challenge(tmp_path):
    own = {"challenges/toy/solution.py"}  # of somebody who tried it
    there = {name for name in files_below(EXAMPLE) - own if not re.search(r"(^|/)(\.|__)", name)}
    assert {source for source, _ in STEPS} == there
    steps = lay_out("sums", tmp_path)
    assert {str(step.path) for step in steps} == files_below(tmp_path)
    assert [step.purpose for step in steps] == [purpose for _, purpose in STEPS]


@pytest.mark.parametrize(
    ("name", "title"),
    [("slow_sums", "Slow sums"), ("sums", "Sums"), ("_", "_"), ("a_toy", "A toy"), ("toy_shop", "Toy shop")],
)
def test_name_and_title_replace_those_of_the_worked_example(tmp_path, name, title):
    lay_out(name, tmp_path)
    assert read_challenge(name, tmp_path).title == title
    brief = (tmp_path / "challenges" / name / "README.md").read_text()
    assert brief.splitlines()[0] == f"# {title}"


def test_no_word_of_a_new_challenge_gives_the_worked_example_away(tmp_path):
    lay_out("slow_sums", tmp_path)
    for name in files_below(tmp_path):
        text = (tmp_path / name).read_text().lower()
        assert "toy" not in re.split(r"\W+", text), name


def test_nothing_but_name_and_title_differs_from_the_worked_example(tmp_path):
    for step, (source, _) in zip(lay_out("slow_sums", tmp_path), STEPS, strict=True):
        made = (tmp_path / step.path).read_text()
        assert (
            made.replace("Slow sums", "The toy").replace("slow_sums", "toy") == (EXAMPLE / source).read_text()
        )


def test_a_new_challenge_is_clean_for_the_linter(tmp_path):
    lay_out("slow_sums", tmp_path)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    as_in_the_clone = ["--config", "lint.isort.known-first-party = ['grader']"]
    for check in (["check", *as_in_the_clone], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *check, "--no-cache", "."],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


# -- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NO_NAMES)
def test_a_name_that_no_challenge_can_have_is_refused_as_a_challenge_would_be(tmp_path, name):
    with pytest.raises(ChallengeError) as refused:
        lay_out(name, tmp_path)
    with pytest.raises(ChallengeError) as unread:
        read_challenge(name, tmp_path)
    assert str(refused.value) == str(unread.value)
    assert "lower-case Python identifier" in str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("part", ["challenges", "reference", "tests/right", "tests/wrong"])
@pytest.mark.parametrize("kind", ["folder", "file", "dangling link"])
def test_what_is_there_stays_and_nothing_is_written_beside_it(tmp_path, part, kind):
    taken = tmp_path / part / "sums"
    taken.parent.mkdir(parents=True)
    if kind == "folder":
        taken.mkdir()
    elif kind == "file":
        taken.write_text("mine")
    else:
        taken.symlink_to(tmp_path / "nowhere")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match=rf"already {part}/sums\. Nothing was written"):
        lay_out("sums", tmp_path)
    assert sorted(tmp_path.rglob("*")) == before
    assert kind != "file" or taken.read_text() == "mine"


def test_everything_that_is_taken_is_named(tmp_path):
    lay_out("sums", tmp_path)
    before = {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(
        UsageError, match="challenges/sums, reference/sums, tests/right/sums, tests/wrong/sums"
    ):
        lay_out("sums", tmp_path)
    assert {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_what_cannot_be_written_in_full_is_removed_again(tmp_path):
    (tmp_path / "tests").write_text("in the way")
    with pytest.raises(GradingError, match="tests/right/sums cannot be written"):
        lay_out("sums", tmp_path)
    assert files_below(tmp_path) == {"tests"}
    assert list((tmp_path / "challenges").iterdir()) == []


def test_without_the_worked_example_it_is_said_where_it_should_be(tmp_path, monkeypatch):
    monkeypatch.setattr(scaffold, "EXAMPLE", tmp_path / "elsewhere")
    with pytest.raises(UsageError, match=r"elsewhere/\S+ cannot be read.*complete clone"):
        lay_out("sums", tmp_path / "root")
    assert not (tmp_path / "root").exists()


# -- the verb ------------------------------------------------------------------------------------


def test_new_names_every_file_in_order_and_what_comes_next(tmp_path):
    made = grade_py(tmp_path, "new", "slow_sums")
    assert made.status == 0, made.err
    lines = made.out.splitlines()
    assert lines[-1] == "Next: python grade.py verify slow_sums"
    listed = [line.split()[0] for line in lines if "/slow_sums/" in line]
    assert listed == [source.replace("/toy/", "/slow_sums/") for source, _ in STEPS]
    assert set(listed) == files_below(tmp_path)
    assert grade_py(tmp_path, "list", "--json").document[0]["name"] == "slow_sums"


@pytest.mark.parametrize(
    ("name", "words"), [("Slow-Sums", "like slow_gets"), ("sums", "Nothing was written")]
)
def test_a_refusal_is_one_message_with_status_2(tmp_path, name, words):
    lay_out("sums", tmp_path)
    ended = grade_py(tmp_path, "new", name)
    assert ended.status == 2
    assert words in ended.err
    assert "Traceback" not in ended.err
    assert ended.out == ""


@pytest.mark.matrix
@pytest.mark.timeout(900)
def test_a_fresh_challenge_verifies(tmp_path):
    lay_out("slow_sums", tmp_path)
    ended = grade_py(tmp_path, "verify", "slow_sums", "--runs", "1", "--json")
    found = {claim["subject"]: claim for claim in ended.document["slow_sums"]}
    assert [claim for claim in found.values() if not claim["holds"]] == []
    assert ended.status == 0, ended.err
    assert {"hollow", "stub", "reference, run 1", "clean-up"} <= set(found)
    assert {subject for subject in found if subject.startswith(("right: ", "wrong: "))} == {
        f"{source.split('/')[1]}: {Path(source).stem}"
        for source, _ in STEPS
        if source.startswith(("tests/right", "tests/wrong"))
    }
