"""Every challenge is proven: here a drawn one, quickly; in the matrix all of them, in full."""

import random
import subprocess
import sys

import pytest

from grader.authoring.gallery import right_solutions, wrong_solutions
from grader.authoring.static_checks import behaviour_names, check_suite, engine_imports
from grader.catalogue.challenges import challenge_names, read_challenge
from tests.conftest import ROOT, grade_py

NAMES = challenge_names(ROOT)
SEED = random.randrange(2**31)
SAMPLED = random.Random(SEED).choice(NAMES)  # the default tests have eight minutes, all proofs take an hour


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
def test_the_suite_accepts_the_reference_and_rejects_a_sample_of_what_is_wrong():
    print(f"seed {SEED} drew {SAMPLED}")
    (findings,) = proven(SAMPLED, "--quick", "--runs", "1").values()
    assert len([f for f in findings if f["subject"].startswith("wrong: ")]) >= 2


@pytest.mark.parametrize("name", NAMES)
def test_the_gallery_composes_and_is_not_small(name):
    challenge = read_challenge(name, ROOT)
    wrong = wrong_solutions(challenge, behaviour_names(challenge))
    assert len(wrong) >= 6
    assert len(right_solutions(challenge)) >= 2
    for solution in wrong:
        compile(solution.source, solution.name, "exec")


@pytest.mark.parametrize("name", NAMES)
def test_hidden_files_import_only_what_is_meant_for_authors(name):
    assert engine_imports((ROOT / "challenges" / name / "hidden").glob("*.py")) == []


@pytest.mark.parametrize("name", NAMES)
def test_behaviours_belong_to_stages_that_have_their_brief_hints_and_notes(name):
    assert [claim.detail for claim in check_suite(read_challenge(name, ROOT)) if not claim.holds] == []


@pytest.mark.matrix
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", NAMES)
def test_each_wrong_solution_is_rejected_by_exactly_the_behaviours_it_names(name):
    proven(name, "--runs", "2")


def examples_of(name):
    """The visible examples in plain pytest, with the reference."""
    reference = ROOT / "reference" / name / "solution.py"
    examples = ROOT / "challenges" / name / "test_examples.py"
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", str(examples), "--solution", str(reference)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.timeout(600)
def test_the_visible_examples_of_the_drawn_one_hold_for_the_reference():
    print(f"seed {SEED} drew {SAMPLED}")
    done = examples_of(SAMPLED)
    assert done.returncode == 0, done.stdout


@pytest.mark.matrix
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", NAMES)
def test_the_visible_examples_hold_for_the_reference(name):
    done = examples_of(name)
    assert done.returncode == 0, done.stdout
