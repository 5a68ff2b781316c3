"""Each rule speaks up about a round with its fault, and is silent about a good one and other faults."""

import pytest

from grader.explain.diagnosis import (
    OF_TASKS_WITHOUT_REFERENCE,
    RULES,
    WITHOUT_REFERENCE,
    diagnose,
    notice,
)
from grader.explain.trace import ServiceCall, Wait
from tests.support.examples import a_span, a_trace

GOOD = a_trace()


def one_by_one():
    """Ten tasks, each fetched before the next is submitted."""
    spans = [a_span(n, n + 0.9, pid=1 + n % 4, submitted_s=n) for n in range(12)]
    waits = [Wait(call="ray.get", start_s=n + 0.01, end_s=n + 0.95) for n in range(12)]
    return a_trace(spans, seconds=12.0, waits=waits)


def one_actor():
    spans = [a_span(n * 0.1, n * 0.1 + 0.099, name="Desk.handle", kind="actor call") for n in range(40)]
    spans += [a_span(0.0, 0.05, pid=2), a_span(0.0, 0.05, pid=3)]
    return a_trace(spans, seconds=4.0)


def tiny():
    at = [n // 4 / 1000 for n in range(300)]
    return a_trace([a_span(t, t + 0.0002, pid=1 + n % 4, name="features") for n, t in enumerate(at)])


def queued():
    return a_trace([a_span(3 + n * 0.01, 3.2, pid=n % 4 + 1) for n in range(8)], seconds=4.0)


SHOWS = {
    "never_overlapped": one_by_one(),
    "waits_one_by_one": one_by_one(),
    "one_worker_does_it_all": one_actor(),
    "stored_many_times": a_trace(stored_bytes=768_000_000, stored_objects=48),
    "tiny_tasks": tiny(),
    "queued_long": queued(),
    "spilled": a_trace(spilled_bytes=200_000_000),
    "no_ray_at_all": a_trace([], calls=[ServiceCall(op="fetch", pid=99, start_s=0.0, end_s=0.5)]),
}
SAYS = {
    "never_overlapped": "12 tasks never overlapped",
    "waits_one_by_one": "waited 12 times",
    "one_worker_does_it_all": "One actor (Desk) did 9",
    "stored_many_times": "48 objects of 16 MB each",
    "tiny_tasks": "300 of 300 tasks ran for about 0.2 ms",
    "queued_long": "waited 3.0",
    "spilled": "200 MB were written to disk",
    "no_ray_at_all": "Nothing ran in Ray",
}


def test_every_rule_has_a_program_that_shows_it():
    assert set(SHOWS) == set(SAYS) == {rule.__name__ for rule in RULES}


@pytest.mark.parametrize("rule", SHOWS)
def test_a_rule_names_what_it_sees_and_where_to_look(rule):
    (found,) = [d for d in diagnose(SHOWS[rule], GOOD) if d.rule == rule]
    assert SAYS[rule] in found.sentence
    assert found.look.endswith(".")


@pytest.mark.parametrize("rule", SHOWS)
def test_what_the_reference_does_as_well_is_no_finding(rule):
    if rule != "spilled":  # spilling is never right
        assert rule not in {d.rule for d in diagnose(SHOWS[rule], SHOWS[rule])}


def test_a_good_round_has_no_finding():
    assert diagnose(GOOD, GOOD) == []


def test_only_what_is_shown_is_found():
    together = {"never_overlapped", "waits_one_by_one"}
    for rule, trace in SHOWS.items():
        found = {d.rule for d in diagnose(trace, GOOD)}
        allowed = together if rule in together else {rule}
        assert found <= allowed, (rule, found)


def test_where_workers_died_the_tasks_that_ran_again_are_not_called_sequential():
    spans = [a_span(n, n + 0.9, pid=1, submitted_s=n) for n in range(4)]
    died = [ServiceCall(op="save", pid=41, start_s=0.0, end_s=0.1)]
    assert notice(a_trace(spans, seconds=4.0, calls=died)) == []


def test_work_in_a_session_of_the_programs_own_is_not_called_the_drivers():
    calls = [ServiceCall(op="level", pid=7, start_s=0.0, end_s=0.1)]
    assert notice(a_trace([], calls=calls)) == []
    assert notice(a_trace([])) == []


def test_tasks_that_wait_for_each_others_results_are_not_called_sequential():
    chain = [a_span(n, n + 0.9, pid=1 + n % 4, submitted_s=0.0) for n in range(12)]
    assert notice(a_trace(chain, seconds=12.0)) == []
    assert "never_overlapped" not in {d.rule for d in diagnose(a_trace(chain, seconds=12.0), GOOD)}


def test_one_task_that_waits_for_many_things_at_a_time_is_not_sequential():
    spans = [a_span(n * 0.2, n * 0.2 + 0.19) for n in range(5)]
    calls = [ServiceCall(op="fetch", pid=1, start_s=0.0, end_s=0.5) for _ in range(8)]
    found = {d.rule for d in diagnose(a_trace(spans, calls=calls), GOOD)}
    assert "never_overlapped" not in found


@pytest.mark.parametrize("rule", [rule.__name__ for rule in WITHOUT_REFERENCE + OF_TASKS_WITHOUT_REFERENCE])
def test_without_a_reference_what_is_plain_is_said_and_no_reference_is_named(rule):
    found = {each.rule: each for each in notice(SHOWS[rule])}
    assert rule in found
    assert "reference" not in found[rule].sentence


def test_without_a_reference_nothing_is_said_of_a_good_round_or_of_what_only_it_could_tell():
    assert notice(GOOD) == []
    assert notice(SHOWS["stored_many_times"]) == []


def test_where_actors_are_called_only_the_reference_could_tell_what_is_too_much():
    calls = [a_span(n * 0.1, n * 0.1 + 0.001, name="Stats.add", kind="actor call") for n in range(80)]
    waits = [Wait(call="ray.get", start_s=n * 0.1, end_s=n * 0.1 + 0.09) for n in range(80)]
    assert notice(a_trace(calls, seconds=8.0, waits=waits)) == []
