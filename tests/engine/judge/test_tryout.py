"""What a trial is set up from; how it runs is tested by its verb, on a real cluster."""

import zlib

import numpy as np
import pytest

from grader.authoring.static_checks import behaviour_names
from grader.catalogue.challenges import read_challenge
from grader.errors import UsageError
from grader.judge.tryout import new_streams, set_up, troubles_of
from tests.conftest import ROOT
from tests.support.examples import a_challenge

TOY = read_challenge("toy", ROOT / "tests" / "toy")


def test_no_behaviour_gets_the_inputs_of_a_trial_with_the_same_seed():
    for trouble in troubles_of(TOY):
        inputs, contents = (stream.integers(2**62) for stream in new_streams(7, trouble))
        assert inputs != contents
        for name in behaviour_names(TOY):
            graded = {
                np.random.default_rng([7, zlib.crc32(name.encode()), k]).integers(2**62) for k in (0, 1)
            }
            assert not {inputs, contents} & graded


def test_the_same_seed_gives_the_same_trial():
    assert set_up(TOY, "none", 3, {}) == set_up(TOY, "none", 3, {})
    assert set_up(TOY, "none", 3, {"n": 30}) != set_up(TOY, "none", 4, {"n": 30})


def test_a_challenge_without_a_world_cannot_be_tried(tmp_path):
    challenge = a_challenge(folder=tmp_path)
    assert troubles_of(challenge) == {}
    with pytest.raises(UsageError, match="declares no troubles"):
        set_up(challenge, "none", 0, {})
