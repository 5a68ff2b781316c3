"""What an arena needs of a challenge before anything is started."""

import itertools

import numpy as np
import pytest

from grader.errors import ChallengeError, ClusterError
from grader.judge import arena
from grader.judge.arena import Arena, world_class
from grader.side.observation import NotLoadable
from tests.support.examples import a_challenge

WORLD = "from grader.suite import OutsideWorld\n\n\nclass World(OutsideWorld):\n    pass\n"
NUMBERS = itertools.count()


@pytest.fixture
def world_of(tmp_path):
    """The class of a world with this source; each under a name that no other test has imported."""

    def read(source):
        folder = tmp_path / "hidden"
        folder.mkdir(exist_ok=True)
        (folder / "world.py").write_text(source)
        return world_class(a_challenge(name=f"arena_{next(NUMBERS)}", folder=tmp_path))

    return read


def test_the_world_is_the_class_of_that_name(world_of):
    assert world_of(WORLD)(np.random.default_rng(0)).open() == []


def test_challenges_of_one_name_in_two_roots_have_their_own_worlds(tmp_path):
    found = {}
    for root in ("a", "b", "a"):
        (tmp_path / root / "hidden").mkdir(parents=True, exist_ok=True)
        (tmp_path / root / "hidden" / "world.py").write_text(f"{WORLD}\n    root = {root!r}\n")
        found[root] = world_class(a_challenge(name="arena_in_two_roots", folder=tmp_path / root))
        assert found[root].root == root


def test_a_challenge_without_a_world_has_none(tmp_path):
    assert world_class(a_challenge(folder=tmp_path)) is None


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("", "must define `class World(OutsideWorld)`"),
        ("class World:\n    pass\n", "must define `class World(OutsideWorld)`"),
        (
            WORLD.replace("class World", "World = 1\n\n\nclass Store"),
            "must define `class World(OutsideWorld)`",
        ),
        ("def f(:\n", "cannot be imported: SyntaxError: invalid syntax"),
        ("\n\nN = SIXTY\n", "line 3 cannot be imported: NameError: name 'SIXTY' is not defined"),
        ("def f():\n    return 1 / 0\n\n\nf()\n", "line 2 cannot be imported: ZeroDivisionError"),
        ("from grader.suite import Nothing\n", "line 1 cannot be imported: ImportError"),
    ],
)
def test_a_world_that_cannot_serve_is_told_with_file_line_and_why(world_of, source, wanted):
    with pytest.raises(ChallengeError) as error:
        world_of(source)
    assert "hidden/world.py" in str(error.value)
    assert wanted in str(error.value)
    with pytest.raises(ChallengeError):  # nothing half imported is left for a second try
        world_of(source)


class BrokenSide:
    """A side whose solution cannot be imported."""

    closed = 0

    def __init__(self, *_args, **_kwargs):
        pass

    def use(self, *_args):
        pass

    def start(self):
        pass

    def restart_driver(self):
        raise NotLoadable("solution.py cannot be imported: it raised NameError: name 'Y' is not defined")

    def close(self):
        BrokenSide.closed += 1
        return []


def test_a_reference_that_cannot_be_imported_is_the_challenges_defect_and_leaves_no_side(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(arena, "Side", BrokenSide)
    (tmp_path / "solution.py").write_text("Y\n")
    before = BrokenSide.closed
    found = Arena(a_challenge(folder=tmp_path, reference=tmp_path))
    with pytest.raises(ChallengeError, match=r"^reference/slow_gets: solution\.py .* name 'Y'"):
        _ = found.reference_side
    assert BrokenSide.closed == before + 1
    assert found.close() == []


class LateSide(BrokenSide):
    """A side whose cluster does not start the first time."""

    started = 0

    def start(self):
        LateSide.started += 1
        if LateSide.started == 1:
            raise ClusterError("the Ray cluster did not start")

    def restart_driver(self):
        pass


def test_a_reference_that_did_not_start_is_ended_and_started_again_for_the_next_grading(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(arena, "Side", LateSide)
    (tmp_path / "solution.py").write_text("run = print\n")
    before = BrokenSide.closed
    found = Arena(a_challenge(folder=tmp_path, reference=tmp_path))
    with pytest.raises(ClusterError):
        _ = found.reference_side
    assert BrokenSide.closed == before + 1
    with pytest.raises(ClusterError):  # the same grading is told the same
        _ = found.reference_side
    found.refresh()
    assert isinstance(found.reference_side, LateSide)
    assert LateSide.started == 2
    found.close()
