"""Solutions that do not play fair, or fail by accident: none gains a point, and none is left with a riddle.

Each file of tests/hostile is graded on a warm arena, between honest ones; some go through the command line as
a user would run it. `python -m tests.by_hand.hostile_table` prints what became of all of them.
"""

import os
import re
import subprocess

import pytest

from grader.errors import EXIT_NOT_PASSED, EXIT_USAGE
from grader.side.warden_client import sweep_leftovers
from tests.conftest import command, environment, grade_py
from tests.support.hostile_corpus import (
    HOSTILE,
    ROOTS,
    Arenas,
    complaints,
    graded,
    laid_out,
    leftovers,
    may_leave_something,
    read_attack,
    solutions,
)
from tests.support.samples import hand, marked

ATTACKS = [read_attack(path) for path in solutions()]
FAMILIES = set(re.findall(r"^\| `(\w+)` \|", (HOSTILE / "README.md").read_text(), re.MULTILINE))
N_DRAWN = 4  # families of which the default tests take one solution: half a minute
VERDICTS = re.compile(r"^  (PASS|PART|FAIL|HANG|DIED|----|OURS)  ", re.MULTILINE)


def pytest_generate_tests(metafunc):
    if "attack" in metafunc.fixturenames:
        families = [[a for a in ATTACKS if a.family == name and a.sample] for name in sorted(FAMILIES)]
        drawn = hand(families, metafunc.config.getoption("--sample-seed"), N_DRAWN)
        metafunc.parametrize("attack", marked(ATTACKS, drawn, lambda attack: attack.name))


@pytest.fixture(scope="module")
def arenas():
    before = leftovers()
    warm = Arenas()
    yield warm
    assert warm.close() == []
    sweep_leftovers()  # of judges that were killed, as the next run would
    assert leftovers() - before == set()


def test_every_family_is_known_and_every_file_is_an_attack():
    assert {attack.family for attack in ATTACKS} == FAMILIES
    for attack in ATTACKS:
        assert attack.says or attack.outcomes == {"none"}
        assert attack.challenge in ROOTS
    assert sum(attack.only is None for attack in ATTACKS) >= 5
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)
    assert {attack.family for attack in ATTACKS if attack.sample} == FAMILIES
    handed_in = {attack.path.relative_to(HOSTILE).parts[:2] for attack in ATTACKS}
    lying = {path.relative_to(HOSTILE).parts for path in HOSTILE.glob("*/*") if path.name != "__pycache__"}
    assert lying == handed_in


def test_nothing_is_gained(attack, arenas, tmp_path):
    documents = graded(attack, arenas, tmp_path)
    assert complaints(attack, documents) == []
    assert len(documents) == (0 if attack.outcomes == {"none"} else attack.runs)
    if not attack.through and may_leave_something(attack):
        honest = arenas.honest(attack.challenge)
        assert honest["outcome"] == "pass", honest["message"]


@pytest.mark.matrix
def test_forged_lines_are_told_from_verdicts_on_the_terminal(tmp_path):
    """Every line that begins like a verdict is one; what a solution printed stands indented below."""
    attack = read_attack(HOSTILE / "printed_verdicts" / "prints_passes.py")
    root, arguments, cwd = laid_out(attack, tmp_path)
    done = subprocess.run(
        command("run", "toy", *arguments),
        capture_output=True,
        text=True,
        env=environment(root),
        cwd=cwd,
        check=False,
    )
    assert done.returncode == EXIT_NOT_PASSED
    assert VERDICTS.findall(done.stdout) == ["DIED"] * 4
    (score,) = [line for line in done.stdout.splitlines() if line.startswith("Score ")]
    assert score.startswith("Score 0 of ")
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("missing.py", "there is no such file. Check the path given with --solution"),
        (".", "is a folder. Give the file to grade, for example"),
        ("locked.py", "cannot be read: Permission denied. Check its permissions"),
    ],
)
def test_what_is_no_file_is_told_with_status_2(tmp_path, path, words):
    (tmp_path / "locked.py").touch(0)
    if path == "locked.py" and os.geteuid() == 0:
        pytest.skip("root may read every file")
    ended = grade_py(ROOTS["toy"], "run", "toy", "--solution", tmp_path / path)
    assert ended.status == EXIT_USAGE
    assert words in ended.err
    assert not ended.out
