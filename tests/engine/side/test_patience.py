"""Deadlines: generous, until a solution has shown that it hangs."""

import os
from types import SimpleNamespace

import pytest

from grader.explain.hangs import STUCK, HangCause
from grader.side.patience import SHORT_DEADLINE_S, Patience, is_stuck

STANDS_STILL = HangCause("infeasible", "It asks for what no node has.")
GOES_ON = HangCause("runs_too_long", "It simply takes longer.")


@pytest.fixture(autouse=True)
def idle(monkeypatch):
    monkeypatch.setattr("os.getloadavg", lambda: (0.0, 0.0, 0.0))
    monkeypatch.setattr("grader.system.machine.cpu_pressure", lambda: 0.0)
    monkeypatch.setattr("grader.system.machine._NEIGHBOURS", SimpleNamespace(share=lambda: 0.9))


def after(*findings):
    patience = Patience()
    for finding in findings:
        patience.note(is_stuck=is_stuck(finding))
    return patience


@pytest.mark.parametrize("findings", [(), (STANDS_STILL,), (GOES_ON,)])
def test_at_first_a_solution_gets_all_the_time_there_is(findings):
    patience = after(*findings)
    assert patience.deadline_s(20.0) == patience.first_look_s(20.0) == 20.0


def test_on_a_crowded_machine_what_is_not_stuck_gets_twice_the_time(monkeypatch):
    monkeypatch.setattr("os.getloadavg", lambda: (1000.0, 0.0, 0.0))
    assert (after().first_look_s(20.0), after().deadline_s(20.0)) == (20.0, 40.0)


@pytest.mark.parametrize("findings", [(STANDS_STILL,) * 2, (STANDS_STILL, GOES_ON), (STANDS_STILL,) * 5])
def test_after_two_hangs_it_is_looked_at_early_but_may_go_on(findings):
    patience = after(*findings)
    assert patience.deadline_s(20.0) == 20.0
    assert patience.first_look_s(20.0) == SHORT_DEADLINE_S


@pytest.mark.parametrize("load", [9.0, 0.5])
def test_on_a_crowded_machine_nobody_is_called_slow(monkeypatch, load):
    monkeypatch.setattr("os.getloadavg", lambda: (load * (os.cpu_count() or 1), 0.0, 0.0))
    assert (after(GOES_ON, GOES_ON).deadline_s(20.0) == 40.0) == (load > 1.5)


def test_one_that_was_only_slow_twice_gets_short_deadlines():
    patience = after(GOES_ON, GOES_ON)
    assert patience.deadline_s(20.0) == SHORT_DEADLINE_S
    assert patience.deadline_s(40.0) == 10.0
    assert patience.deadline_s(3.0) == 3.0


def test_what_may_end_by_itself_is_not_called_stuck():
    assert is_stuck(STANDS_STILL)
    for cause in ("runs_too_long", "driver_outside_ray", "call_never_answered", "cluster_stalled", "unknown"):
        assert cause not in STUCK
