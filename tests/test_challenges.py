"""Every challenge is proven: quickly here, against every behaviour in the full matrix."""

import pytest

from grader.catalogue import challenge_names, read_challenge
from grader.verify import wrong_solutions
from tests.conftest import ROOT, grade_py

NAMES = challenge_names(ROOT)


def proven(*args):
    ended = grade_py(ROOT, "verify", *args, "--json")
    found = ended.document
    bad = [
        f"{name}: {finding['subject']}: {finding['detail']}"
        for name, findings in found.items()
        for finding in findings
        if not finding["holds"]
    ]
    assert not bad, "\n".join(bad)
    assert ended.status == 0
    return found


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", NAMES)
def test_the_suite_accepts_the_reference_and_rejects_a_sample_of_what_is_wrong(name):
    (findings,) = proven(name, "--quick", "--runs", "1").values()
    assert len([f for f in findings if f["subject"].startswith("wrong: ")]) >= 2


@pytest.mark.parametrize("name", NAMES)
def test_the_gallery_of_wrong_solutions_is_not_small(name):
    assert len(wrong_solutions(read_challenge(name, ROOT))) >= 6


@pytest.mark.matrix
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", NAMES)
def test_each_wrong_solution_is_rejected_by_exactly_the_behaviours_it_names(name):
    proven(name, "--runs", "5")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", NAMES)
def test_the_visible_examples_hold_for_the_reference_in_plain_pytest(name):
    import subprocess
    import sys

    reference = ROOT / "reference" / name / "solution.py"
    examples = ROOT / "challenges" / name / "test_examples.py"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", str(examples), "--solution", str(reference)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
