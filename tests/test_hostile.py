"""Solutions that do not play fair, or fail by accident, graded as a user would: none gains a point by it."""

from pathlib import Path

import psutil
import pytest

from tests.conftest import ROOT, grade_py

HOSTILE = Path(__file__).parent / "hostile"
TOY = Path(__file__).parent / "toy"

# file -> outcomes that may occur, and words that the learner must read
EXPECTED = {
    "exit_at_import.py": ({"fail"}, "does not define `score_all`"),
    "exit_before_defining.py": ({"crash"}, "exit status 0"),
    "toy/exit_in_call.py": ({"crash"}, "exit status 0"),
    "empty.py": ({"fail"}, "is empty"),
    "spin_at_import.py": ({"fail"}, "does not define `score_all`"),
    "spin_before_defining.py": ({"timeout"}, "while True"),
    "toy/spin_in_call.py": ({"timeout"}, "stands outside Ray"),
    "planted/solution.py": ({"fail"}, "id"),
    "prints_without_end.py": ({"fail"}, "id"),
    "always_equal.py": ({"fail"}, "AlwaysEqual"),
}


def test_every_file_has_an_expectation():
    files = {str(p.relative_to(HOSTILE)) for p in HOSTILE.rglob("*.py")}
    beside = {"planted/conftest.py", "planted/sitecustomize.py"}
    assert files - beside == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_nothing_is_gained(name):
    outcomes, words = EXPECTED[name]
    before = rays()
    root, challenge = (TOY, "toy") if name.startswith("toy/") else (ROOT, "slow_gets")
    ended = grade_py(root, "run", challenge, "--solution", HOSTILE / name, "--json")
    assert ended.status == 1, ended.err
    record = ended.document
    assert record["score"] == 0
    assert not record["passed"]
    assert {check["outcome"] for check in record["checks"]} <= outcomes
    assert any(words in check["message"] for check in record["checks"]), record["checks"]
    assert rays() <= before


def rays():
    """Ray's own processes on this machine."""
    names = {"raylet", "gcs_server"}
    return {p.pid for p in psutil.process_iter(["name"]) if p.info["name"] in names}
