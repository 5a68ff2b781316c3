"""The proof says which trouble of a world cannot be set up, and why."""

import itertools

import pytest

from grader.authoring.static_checks import check_troubles
from grader.catalogue.challenges import challenge_names, read_challenge
from grader.errors import ChallengeError
from tests.conftest import ROOT
from tests.support.examples import a_challenge

WORLD = '''
from grader.suite import OutsideWorld, Trial, trouble

class World(OutsideWorld):
    @trouble
    def none(self, rng, n: int = 3) -> Trial:
        """Nothing goes wrong."""
        return Trial.call("run", [1] * n)

    @trouble
    def flood(self, rng) -> Trial:
        """Everything comes at once."""
        return Trial.scenario("twice", times=2).after(Trial.scenario("ready"))
'''
SCENARIOS = "def twice(solution, times):\n    pass\n\ndef ready(solution):\n    pass\n"
_numbers = itertools.count()


@pytest.fixture
def claimed(tmp_path):
    """The claim about a world, with some of its text changed."""

    def claim(before="", after=""):
        assert before in WORLD
        (tmp_path / "hidden").mkdir()
        (tmp_path / "hidden" / "world.py").write_text(WORLD.replace(before, after) if before else WORLD)
        (tmp_path / "hidden" / "scenarios.py").write_text(SCENARIOS)
        # A world's module is kept under its challenge's name.
        (found,) = check_troubles(a_challenge(name=f"claimed_{next(_numbers)}", folder=tmp_path))
        return found

    return claim


def test_troubles_that_can_be_set_up_are_named(claimed):
    claim = claimed()
    assert claim.holds
    assert claim.detail == "none, flood: each can be set up"


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("def none", "def calm", "declare none, in which nothing goes wrong"),
        ("    @trouble\n    def flood", "    def flood", "declare at least one beside it"),
        ('        """Everything comes at once."""\n', "", "flood has no docstring"),
        ("n: int = 3", "n: int", "none has no usual value for n"),
        ('"run"', '"walk"', "none calls walk, which is not in solution.py"),
        ('"twice"', '"thrice"', "flood calls thrice, which is not in scenarios.py"),
        ('"ready"', '"steady"', "flood calls steady, which is not in scenarios.py"),
        ("[1] * n", "{1, n}", "none calls run with something that is not plain data"),
        ("return Trial.call", "1 / 0\n        return Trial.call", "none cannot be set up: ZeroDivisionError"),
        ('return Trial.call("run", [1] * n)', "return 3", "none returned int; it has to return a Trial"),
    ],
)
def test_what_is_wrong_with_a_trouble_is_told(claimed, before, after, words):
    claim = claimed(before, after)
    assert not claim.holds
    assert words in claim.detail


def test_a_world_that_cannot_be_imported_is_the_challenges_defect(claimed):
    with pytest.raises(ChallengeError, match="cannot be imported"):
        claimed("class World(OutsideWorld):", "class World(OutsideWorld):\n    x = 1 / 0")


def test_a_story_without_a_world_has_nothing_to_declare(tmp_path):
    (claim,) = check_troubles(a_challenge(folder=tmp_path))
    assert claim.holds


@pytest.mark.parametrize("name", challenge_names(ROOT))
def test_every_challenge_declares_troubles_that_can_be_set_up(name):
    (claim,) = check_troubles(read_challenge(name, ROOT))
    assert claim.holds, claim.detail
