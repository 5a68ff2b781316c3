"""The author's proof, as far as it needs no grading."""

import pytest

from grader.authoring.gallery import WrongSolution, chosen, right_solutions, wrong_solutions
from grader.authoring.static_checks import (
    behaviour_names,
    check_files,
    check_gallery,
    check_suite,
    engine_imports,
    race_names,
    silent_asserts,
    unread_answers,
)
from grader.errors import ChallengeError, UsageError
from tests.support.examples import a_challenge

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
    assert learner.call("run", returns=[int]) == [1], "not in order"

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
    right = tmp_path / "tests" / "right" / "slow_gets"
    wrong = tmp_path / "tests" / "wrong" / "slow_gets"
    for path in (folder / "hidden", reference, right, wrong):
        path.mkdir(parents=True)
    (folder / "hidden" / "test_spec.py").write_text(SUITE)
    (folder / "hidden" / "scenarios.py").write_text("")
    (folder / "hints.md").write_text(HINTS)
    for name in ("solution.py", "NOTES.md"):
        (reference / name).write_text("")
    return a_challenge(folder=folder, reference=reference, right=right, wrong=wrong)


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


def test_an_answer_without_a_promised_form_is_found_by_line(challenge):
    text = SUITE + "\ndef ask(learner):\n    learner.call('warm')\n    return learner.call('run')\n"
    challenge.suite_path.write_text(text)
    assert str(text.count("\n")) in failing(challenge)["answers"]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("learner.scenario('ready', n=1)", []),
        ("x = learner.call('f')", [1]),
        ("x = learner.call('f', 1, returns=[int])", []),
        ("def f(learner):\n    check(learner.scenario('f',\n        n=1))", [2]),
        ("x = learner.call('f', **inputs)", []),  # may hold it
        ("x = side.call('f') + learner.look('tasks')", []),
    ],
)
def test_unread_answers_are_those_that_are_used_without_a_form(tmp_path, source, lines):
    path = tmp_path / "suite.py"
    path.write_text(source)
    assert unread_answers(path) == lines


@pytest.mark.parametrize("name", ["test_spec.py", "world.py", "scenarios.py"])
@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        (b"x = 1\ndef f(:\n", "line 2: invalid syntax\n  def f(:"),
        (b"x = '\xff'\n", "not Python text"),
        (b"\0", ""),
    ],
)
def test_a_hidden_file_that_is_not_python_is_told_with_line_and_text(challenge, name, source, wanted):
    (challenge.folder / "hidden" / name).write_bytes(source)
    with pytest.raises(ChallengeError) as error:
        check_files(challenge)
    assert name in str(error.value)
    assert wanted in str(error.value)


def test_behaviours_are_named_in_the_order_of_the_suite(challenge):
    assert behaviour_names(challenge) == ["test_order", "test_memory"]


@pytest.mark.parametrize(
    ("source", "strange"),
    [
        ("from grader.suite import behaviour", []),
        ("import grader.suite", []),
        ("from grader import suite", []),
        ("import numpy\nfrom . import other", []),
        ("x = 1\nfrom grader.judge.engine import grade", ["test_spec.py line 2: grader.judge.engine"]),
        ("from grader import judge, suite", ["test_spec.py line 1: grader.judge"]),
        ("def f():\n    import os, grader.errors", ["test_spec.py line 2: grader.errors"]),
    ],
)
def test_imports_of_the_engine_that_are_not_for_authors_are_found(challenge, source, strange):
    challenge.suite_path.write_text(source)
    assert engine_imports([challenge.suite_path]) == strange


def test_a_strange_import_is_told_with_the_module_to_use(challenge):
    challenge.suite_path.with_name("world.py").write_text("from grader.world.ledger import Entry\n")
    said = failing(challenge)["imports"]
    assert "grader.suite" in said
    assert "world.py line 1: grader.world.ledger" in said


def test_races_are_the_behaviours_that_ask_for_one(challenge):
    text = SUITE + "\ndef test_speed(learner, race):\n    pass\n"
    challenge.suite_path.write_text(text)
    assert race_names(challenge) == {"test_speed"}


# -- the suite -----------------------------------------------------------------------------------

IMPORTS = "from grader.suite import behaviour\n"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("", "", "2 behaviours, 100 points"),
        ("points=60", "points=70", "the points add up to 110, not 100"),
        (
            '@behaviour(points=40, category="memory")\n',
            "",
            "category=…) above test_memory; the points add up to 60",
        ),
    ],
)
def test_every_test_is_a_behaviour_and_the_points_add_up(challenge, before, after, said):
    challenge.suite_path.write_text(IMPORTS + SUITE.replace(before, after))
    claim, _ = check_suite(challenge)
    assert claim.holds == (before == after)
    assert said in claim.detail


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("import numpy", "import numpie", "line 3 cannot be imported: ModuleNotFoundError"),
        ('category="memory"', 'category="fun"', "write one of correctness, resilience"),
        ('    """Results come in order."""\n', "", "test_order needs a docstring"),
    ],
)
def test_a_suite_that_cannot_be_imported_is_told_with_file_and_reason(challenge, before, after, said):
    challenge.suite_path.write_text(IMPORTS + SUITE.replace(before, after))
    with pytest.raises(ChallengeError) as error:
        check_suite(challenge)
    assert "challenges/slow_gets/hidden/test_spec.py line" in str(error.value)
    assert said in str(error.value)


# -- the gallery ---------------------------------------------------------------------------------

BASE = "import ray\n\n\ndef run(model):\n    ref = ray.put(model)\n    return ray.get(ref)\n"
EDIT = """
base = "right/threads"
rejected_by = ["test_order", "test_memory"]
defect = "Puts nothing."

[[change]]
old = "    ref = ray.put(model)\\n"
new = ""

[[change]]
old = "ray.get(ref)"
new = "model"
"""


@pytest.fixture
def gallery(challenge):
    (challenge.right / "threads.py").write_text(BASE)
    challenge.reference_path.write_text(BASE.replace("run", "run_reference"))
    return challenge


def wrong_of(challenge):
    return wrong_solutions(challenge, behaviour_names(challenge))


def complaint(challenge):
    with pytest.raises(ChallengeError) as error:
        wrong_of(challenge)
    return str(error.value)


def test_a_wrong_solution_is_its_base_with_all_changes(gallery):
    add_wrong(gallery, "no_put.toml", EDIT)
    (solution,) = wrong_of(gallery)
    assert solution.name == "no_put"
    assert solution.source == "import ray\n\n\ndef run(model):\n    return model\n"
    assert solution.rejected_by == {"test_order", "test_memory"}


def test_the_base_may_be_the_reference(gallery):
    add_wrong(gallery, "no_put.toml", EDIT.replace("right/threads", "reference"))
    (solution,) = wrong_of(gallery)
    assert "def run_reference(model):" in solution.source


@pytest.mark.parametrize(("text", "n_found"), [("ray.wait", 0), ("ray", 2), ("ref = ray.put(model)", 0)])
def test_a_text_that_does_not_occur_once_is_told_with_file_text_and_base(gallery, text, n_found):
    """The last one was there until the first change removed it."""
    add_wrong(gallery, "no_put.toml", EDIT.replace('old = "ray.get(ref)"', f'old = "{text}"'))
    said = complaint(gallery)
    assert "no_put.toml" in said
    assert "threads.py" in said
    assert f"occurs {n_found} times:\n{text}\n" in said


def test_every_wrong_solution_that_no_longer_fits_is_told_at_once(gallery):
    add_wrong(gallery, "no_put.toml", EDIT)
    add_wrong(gallery, "no_get.toml", EDIT)
    add_wrong(gallery, "no_base.toml", EDIT.replace("threads", "actors"))
    add_wrong(gallery, "sound.py", "# rejected-by: test_order\n")
    (gallery.right / "threads.py").write_text(BASE.replace("ref = ", "reference = "))
    said = complaint(gallery)
    for name in ("no_put.toml", "no_get.toml", "no_base.toml"):
        assert name in said
    assert "sound" not in said


def test_an_unknown_base_is_told_with_those_there_are(gallery):
    add_wrong(gallery, "no_put.toml", EDIT.replace("right/threads", "right/actors"))
    said = complaint(gallery)
    assert 'no base "right/actors"' in said
    assert "reference, right/threads" in said


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ('base = "right/threads"', "", "base is missing"),
        ("right/threads", "../solution", 'For example  base = "right/threads"'),
        ('defect = "Puts nothing."', 'defect = ""', "defect is ''"),
        ('rejected_by = ["test_order", "test_memory"]', "rejected_by = []", "rejected_by is []"),
        ("[[change]]", "[[changes]]", "changes is not a known key"),
        ("base =", "base", "not valid TOML"),
    ],
)
def test_what_is_wrong_in_an_edit_is_told_by_file_and_key(gallery, before, after, wanted):
    add_wrong(gallery, "no_put.toml", EDIT.replace(before, after))
    said = complaint(gallery)
    assert "no_put.toml" in said
    assert wanted in said


def test_a_defect_has_one_file(gallery):
    add_wrong(gallery, "no_put.toml", EDIT)
    add_wrong(gallery, "no_put.py", "# rejected-by: test_order\n")
    assert "no_put is there as .toml and as .py" in complaint(gallery)


def test_right_designs_are_the_programs_beside_the_reference(gallery):
    (gallery.right / "actors.py").write_text(BASE)
    (gallery.right / "notes.txt").write_text("no design")
    assert list(right_solutions(gallery)) == ["actors", "threads"]


def test_solutions_are_chosen_by_name_and_unknown_names_are_told(gallery):
    add_wrong(gallery, "b.py", "# rejected-by: test_order\n")
    add_wrong(gallery, "a.toml", EDIT)
    known = wrong_of(gallery)
    assert [solution.name for solution in known] == ["a", "b"]
    assert [solution.name for solution in chosen(known, ["b", "a"])] == ["b", "a"]
    with pytest.raises(UsageError, match=r"no wrong solution c, d\. There are: a, b"):
        chosen(known, ["d", "a", "c"])


# -- wrong solutions that are whole programs ----------------------------------------------------


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
    first, second = wrong_of(challenge)
    assert (first.name, first.rejected_by) == ("a_first", {"test_order"})
    assert (second.name, second.rejected_by) == ("b_second", {"test_order", "test_memory"})
    assert second.source.endswith("def run(): pass\n")


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
    said = complaint(challenge)
    assert "wrong.py" in said
    assert "# rejected-by: test_" in said
    assert repr(text.split("\n")[0]) in said


@pytest.mark.parametrize("names", ["test_nothing", "test_order, test_nothing", "helper"])
def test_a_behaviour_that_is_not_there_is_named(challenge, names):
    add_wrong(challenge, "wrong.py", f"# rejected-by: {names}\n")
    said = complaint(challenge)
    assert "wrong.py" in said
    assert f"no behaviour {names.rpartition(' ')[2]}." in said
    assert "It has: test_order, test_memory" in said


def test_a_challenge_without_a_gallery_has_no_wrong_solutions(challenge):
    challenge.wrong.rmdir()
    assert wrong_of(challenge) == []


# -- coverage ------------------------------------------------------------------------------------


def a_wrong(*names):
    return WrongSolution(name="wrong", source="", rejected_by=frozenset(names))


def broken(names, wrong, right):
    return {claim.subject: claim.detail for claim in check_gallery(names, wrong, right) if not claim.holds}


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
    found = broken(["a", "b", "c"], wrong, ["threads", "actors"])
    assert list(found) == (["coverage"] if idle else [])
    if idle:
        assert found["coverage"].endswith(", ".join(idle))


@pytest.mark.parametrize("right", [[], ["threads"]])
def test_two_right_designs_are_needed(right):
    found = broken(["a"], [a_wrong("a")], right)
    assert list(found) == ["designs"]
    assert f"{len(right)}; tests/right needs 2" in found["designs"]
