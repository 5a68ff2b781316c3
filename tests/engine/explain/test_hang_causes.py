"""Every cause of a hang is named, on a real cluster, with the line where it happens."""

import time

import numpy as np
import pytest

from grader.side.observation import SolutionTimeout
from tests.support.sides import EchoWorld, lend, use

DEADLINES_S = (1.0, 2.0)  # workers stand by: a hang has come about after the first, or the machine is slow

CAUSES = {
    "actors_hold_cpus": ["4 Desk actors hold all 4 CPUs", "`small`", "needs 1 CPU", "solution.py:"],
    "one_actor_too_many": [
        "1 Desk actor waits to be placed and needs 1 CPU",
        "4 Desk actors hold all 4 CPUs",
    ],
    "infeasible": ["`certified` asks for 1 certified", "no node has that", "0 certified"],
    "infeasible_by_cpus": ["`small` asks for 9 CPUs", "the most a node offers is 4 CPUs"],
    "waits_for_an_infeasible_one": ["`certified` asks for 1 certified"],
    "actors_wait_for_each_other": ["2 actors wait for each other", "Ping waits for Ping"],
    "actor_waits_for_itself": ["Actor Selfish waits for a call on itself"],
    "blocked_event_loop": ["event loop of async actor Gateway", "ray.get", "me.look_up.remote()"],
    "runs_too_long": ["`long_task` has been running for", "time.sleep(600)"],
    "driver_outside_ray": ["driver is not in a Ray call", "box.get()", "no task is unfinished"],
    "driver_spins": ["driver is not in a Ray call", "runs"],
    "waits_for_a_signal": ["`Consumer.drain` has waited", "self.inbox.get()"],
    "waits_for_nothing": ["driver waits in Ray", "no task is unfinished"],
    "call_never_answered": ["service.never(17) has not answered", "task `asks`"],
    "driver_asks": ["service.never(17) has not answered", "the driver waits"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("hangs")


@pytest.fixture(scope="module")
def side(shared_side, folder):
    return lend(shared_side, "hangs.py", folder)


@pytest.mark.few(5)
@pytest.mark.parametrize("cause", CAUSES)
def test_a_hang_is_explained(side, cause):
    for deadline_s in DEADLINES_S:
        said = explained(side, cause, deadline_s)
        missing = [words for words in CAUSES[cause] if words not in said]
        if not missing:
            break
    assert not missing, said


def explained(side, cause, deadline_s):
    """What a solution is told that hangs in this way."""
    side.set_world(EchoWorld(np.random.default_rng(0)))
    side.warm_up()
    with pytest.raises(SolutionTimeout) as seen:
        side.call("solution", cause, (), {}, deadline_s)
    return seen.value.message


def test_after_two_hangs_what_is_stuck_is_given_up_early_and_what_is_slow_is_not(side, folder, monkeypatch):
    monkeypatch.setattr("grader.side.patience.SHORT_DEADLINE_S", 1.0)  # looks after 2 s of 8, and 1.5 s later
    use(side, "hangs.py", folder)
    side.set_world(EchoWorld(np.random.default_rng(0)))
    for _ in range(2):
        assert waited_s(side, 1.5) >= 1.5
    assert waited_s(side, 8.0) < 7.0
    assert side.call("solution", "slow", (), {}, 8.0) == 7


def waited_s(side, deadline_s):
    start = time.monotonic()
    with pytest.raises(SolutionTimeout, match="asks for 1 certified"):
        side.call("solution", "infeasible", (), {}, deadline_s)
    return time.monotonic() - start


def test_the_side_is_usable_after_all_that(side):
    side.set_world(EchoWorld(np.random.default_rng(0)))
    assert side.call("solution", "fine", (), {}, 10.0) == 5
    assert side.rig.becomes_clean()
