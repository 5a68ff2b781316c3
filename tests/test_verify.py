"""The author's proof, as far as it needs no grading."""

from pathlib import Path

import pytest

from grader.authoring.verify import (
    WrongSolution,
    behaviour_names,
    check_coverage,
    check_files,
    silent_asserts,
    wrong_solutions,
)
from grader.errors import ChallengeError
from tests.examples import a_challenge

SUITE = '''
import numpy as np

def helper():
    return 1

class TestNot:
    def test_inside(self):
        pass

@behaviour(points=60, category="correctness")
def test_order(learner):
    """Results come in order."""
    assert learner.call("run") == [1], "not in order"

@behaviour(points=40, category="memory")
def test_memory(learner):
    """The model is stored once."""
    assert True, f"seen {1}"
'''
HINTS = "## Nudge\nLook.\n## Approach\nThink.\n## Sketch\nWrite.\n"


@pytest.fixture
def challenge(tmp_path):
    folder = tmp_path / "challenges" / "slow_gets"
    reference = tmp_path / "reference" / "slow_gets"
    wrong = tmp_path / "tests" / "wrong" / "slow_gets"
    for path in (folder / "hidden", reference, wrong):
        path.mkdir(parents=True)
    (folder / "hidden" / "test_spec.py").write_text(SUITE)
    (folder / "hidden" / "scenarios.py").write_text("")
    (folder / "hints.md").write_text(HINTS)
    for name in ("solution.py", "NOTES.md"):
        (reference / name).write_text("")
    return a_challenge(folder=folder, reference=reference, wrong=wrong)


def add_wrong(challenge, name, text):
    (challenge.wrong / name).write_text(text, newline="")


# -- files ---------------------------------------------------------------------------------------


def failing(challenge):
    return {f.subject: f.detail for f in check_files(challenge) if not f.holds}


def test_a_complete_challenge_holds(challenge):
    assert check_files(challenge)
    assert failing(challenge) == {}


@pytest.mark.parametrize(
    "missing",
    [
        "reference/slow_gets/solution.py",
        "reference/slow_gets/NOTES.md",
        "challenges/slow_gets/hidden/scenarios.py",
    ],
)
def test_a_missing_file_is_named_from_the_root(challenge, tmp_path, missing):
    (tmp_path / missing).unlink()
    found = failing(challenge)
    assert list(found) == ["files"]
    assert missing in found["files"]


@pytest.mark.parametrize("level", ["Nudge", "Approach", "Sketch"])
def test_a_missing_level_of_hints_is_named(challenge, level):
    (challenge.folder / "hints.md").write_text(HINTS.replace(level, "Other"))
    found = failing(challenge)
    assert list(found) == ["hints"]
    assert level.lower() in found["hints"]


def test_an_assert_without_a_message_is_found_by_line(challenge):
    text = SUITE + "\ndef check(x):\n    if x:\n        assert x > 1\n"
    challenge.suite_path.write_text(text)
    line = text.count("\n")
    assert silent_asserts(challenge.suite_path) == [line]
    assert str(line) in failing(challenge)["messages"]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("", []),
        ("assert x, 'seen'", []),
        ("assert x", [1]),
        ("'''\nassert x\n'''\n# assert y", []),
        ("def f():\n    for x in y:\n        assert x\n    assert z, x", [3]),
        ("class A:\n    async def f(self):\n        assert self\n        assert 1", [3, 4]),
    ],
)
def test_silent_asserts_are_those_without_a_message(tmp_path, source, lines):
    path = tmp_path / "suite.py"
    path.write_text(source)
    assert sorted(silent_asserts(path)) == lines


def test_behaviours_are_named_in_the_order_of_the_suite(challenge):
    assert behaviour_names(challenge) == ["test_order", "test_memory"]


# -- wrong solutions -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        "# rejected-by: test_order, test_memory",
        "#rejected-by:test_order,test_memory",
        "# rejected-by:  test_memory ,  test_order  ",
        "# rejected-by: test_order, test_memory\r",
    ],
)
def test_the_gallery_says_who_rejects_whom(challenge, header):
    add_wrong(challenge, "b_second.py", f"{header}\ndef run(): pass\n")
    add_wrong(challenge, "a_first.py", "# rejected-by: test_order")
    add_wrong(challenge, "notes.txt", "no solution")
    first, second = wrong_solutions(challenge)
    assert (first.path.name, first.rejected_by) == ("a_first.py", {"test_order"})
    assert (second.path.name, second.rejected_by) == ("b_second.py", {"test_order", "test_memory"})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "def run(): pass",
        "\n# rejected-by: test_order",
        '"""# rejected-by: test_order"""',
        "# rejected by test_order",
        "# rejected-by:",
        "# rejected-by:   ",
    ],
)
def test_a_wrong_solution_without_its_header_is_told_what_to_write(challenge, text):
    add_wrong(challenge, "wrong.py", text)
    with pytest.raises(ChallengeError) as error:
        wrong_solutions(challenge)
    said = str(error.value)
    assert "wrong.py" in said
    assert "# rejected-by: test_" in said
    assert repr(text.split("\n")[0]) in said


@pytest.mark.parametrize("names", ["test_nothing", "test_order, test_nothing", "helper"])
def test_a_behaviour_that_is_not_there_is_named(challenge, names):
    add_wrong(challenge, "wrong.py", f"# rejected-by: {names}\n")
    with pytest.raises(ChallengeError) as error:
        wrong_solutions(challenge)
    said = str(error.value)
    assert "wrong.py" in said
    assert names.rpartition(" ")[2] in said
    assert "test_order" not in said


def test_a_challenge_without_a_gallery_has_no_wrong_solutions(challenge):
    challenge.wrong.rmdir()
    assert wrong_solutions(challenge) == []


# -- coverage ------------------------------------------------------------------------------------


def a_wrong(*names):
    return WrongSolution(Path("wrong.py"), frozenset(names))


@pytest.mark.parametrize(
    ("wrong", "idle"),
    [
        ([a_wrong("a", "b", "c")], []),
        ([a_wrong("a"), a_wrong("b"), a_wrong("b", "c")], []),
        ([a_wrong("a"), a_wrong("a", "c")], ["b"]),
        ([], ["a", "b", "c"]),
    ],
)
def test_every_behaviour_has_to_be_failed_by_some_wrong_solution(wrong, idle):
    (finding,) = check_coverage(["a", "b", "c"], wrong)
    assert finding.holds == (not idle)
    if idle:
        assert finding.detail.endswith(", ".join(idle))
