"""The world of slow_gets: what a score was made from can be read off the score, without Ray."""

import asyncio

import numpy as np
import pytest

from grader.catalogue.challenges import read_challenge
from grader.judge.arena import world_class
from grader.world.outside import Call, KillWorker
from tests.conftest import ROOT

WITHIN = 1e-9


@pytest.fixture
def world():
    return world_class(read_challenge("slow_gets", ROOT))(np.random.default_rng(3))


def performed(world, op, *args):
    """The entry of an operation that has been answered, and its answer."""
    entry = world.ledger.begin(op, args, 1)
    call = Call(entry, 0, world.ledger)
    answer = asyncio.run(getattr(world, op)(call, *args))
    return entry, call, answer


def fetched(world, record_id):
    entry, _, raw = performed(world, "fetch", record_id)
    world.ledger.end(entry, "ok")
    return entry, raw["history"]


def scored(world, record_id, history):
    """Score as `service.score` does."""
    entry, call, rate = performed(world, "score", record_id)
    signal = vector = (1.0 + rate) * (history - history.mean()) / history.std()
    for _ in range(2):
        hidden = np.tanh(world.model @ signal)
        signal = vector + hidden @ world.model
    value = float(1000.0 * hidden.mean())
    asyncio.run(world.ended(call, value))
    world.ledger.end(entry, "ok")
    return entry, value


def origin_of(world, record_id, value, **more):
    (origin,) = world.origins([(record_id, value)], world.model, **more)
    return origin


def test_a_score_tells_its_fetch_and_its_scoring(world):
    fetches = [fetched(world, 5) for _ in range(3)]
    scorings = [scored(world, 5, history) for _, history in fetches for _ in range(2)]
    for number, (scoring, value) in enumerate(scorings):
        origin = origin_of(world, 5, value)
        assert origin.is_right(within=WITHIN)
        assert origin.scoring.number == scoring.number
        assert origin.fetch.number == fetches[number // 2][0].number


def test_a_score_without_a_scoring_is_not_right(world):
    _, history = fetched(world, 5)
    performed(world, "score", 5)  # begins, and comes to nothing
    assert origin_of(world, 5, 1.0).scoring is None
    assert not origin_of(world, 5, 1.0).is_right(within=WITHIN)
    _, value = scored(world, 5, history)
    assert not origin_of(world, 5, value + 1e-6).is_right(within=WITHIN)


def test_a_record_of_an_earlier_call_is_seen(world):
    _, history = fetched(world, 5)
    since = world.ledger.count()
    fetched(world, 5)
    _, value = scored(world, 5, history)
    assert origin_of(world, 5, value).is_right(within=WITHIN)
    assert not origin_of(world, 5, value, since=since).is_right(within=1e-3)


@pytest.mark.parametrize("made_up", [float("nan"), float("inf"), 0.0, "text", None, True, [1.0], 10**400])
def test_only_a_right_scoring_kills(world, made_up):
    _, history = fetched(world, 5)
    world.kill_on_score = {5}
    _, call, _ = performed(world, "score", 5)
    asyncio.run(world.ended(call, made_up))
    with pytest.raises(KillWorker):
        scored(world, 5, history)
    scored(world, 5, history)  # once each
