"""Every challenge is proven: here without grading, and a little of one of them; in the matrix in full."""

import random
import subprocess
import sys

import pytest

from grader.authoring.gallery import right_solutions, wrong_solutions
from grader.authoring.static_checks import (
    behaviour_names,
    check_files,
    check_gallery,
    check_suite,
    race_names,
)
from grader.authoring.verify import Proof
from grader.catalogue.challenges import challenge_names, read_challenge
from grader.judge.arena import Arena
from tests.conftest import ROOT, grade_py
from tests.support.samples import turn

NAMES = challenge_names(ROOT)
N_BEHAVIOURS = 3  # of the drawn challenge: they take as long as those of any other


def pytest_generate_tests(metafunc):
    if "drawn" in metafunc.fixturenames:
        drawn = turn(NAMES, metafunc.config.getoption("--sample-seed"))
        metafunc.parametrize("drawn", [pytest.param(drawn, marks=pytest.mark.sample)])


@pytest.mark.parametrize("name", NAMES)
def test_what_can_be_proven_without_grading_holds(name):
    challenge = read_challenge(name, ROOT)
    names = behaviour_names(challenge)
    wrong, right = wrong_solutions(challenge, names), right_solutions(challenge)
    claims = [*check_files(challenge), *check_suite(challenge), *check_gallery(names, wrong, list(right))]
    assert [claim for claim in claims if not claim.holds] == []
    assert len(wrong) >= 6
    for path in [challenge.reference_path, challenge.stub_path, *right.values()]:
        assert challenge.submission(path).problem == ""
    for solution in wrong:
        compile(solution.source, solution.name, "exec")


@pytest.fixture
def proof(drawn, tmp_path):
    """Grades solutions of the drawn challenge, on clusters that stay warm."""
    challenge = read_challenge(drawn, ROOT)
    arena = Arena(challenge)
    yield Proof(challenge, arena, tmp_path, quick=True, in_detail=True)
    assert arena.close() == []


def test_a_few_behaviours_accept_the_reference_and_one_rejects_what_is_wrong(proof, request):
    """Speed is left to the matrix: how a race ends is for a quiet machine to say."""
    seed = request.config.getoption("--sample-seed")
    names, races = behaviour_names(proof.challenge), race_names(proof.challenge)
    others = [wrong for wrong in wrong_solutions(proof.challenge, names) if not wrong.rejected_by & races]
    wrong = turn(others, seed // len(NAMES))
    rejecting = min(wrong.rejected_by, key=names.index)
    more = random.Random(f"{seed}").sample(sorted({*names} - races - {rejecting}), N_BEHAVIOURS - 1)
    print(f"seed {seed}: {proof.challenge.name}: {wrong.name}, {rejecting}, {', '.join(more)}")
    record = proof._graded(proof.challenge.reference_path, frozenset([rejecting, *more]))
    assert [(check.outcome, check.message) for check in record.checks] == [("pass", "")] * N_BEHAVIOURS
    rejected = proof.wrong(wrong)
    assert rejected.holds, rejected.detail


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


def test_the_visible_examples_of_the_drawn_one_hold_for_the_reference(drawn):
    done = examples_of(drawn)
    assert done.returncode == 0, done.stdout


@pytest.mark.matrix
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", NAMES)
def test_the_visible_examples_hold_for_the_reference(name):
    done = examples_of(name)
    assert done.returncode == 0, done.stdout
