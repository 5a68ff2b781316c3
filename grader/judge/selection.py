"""Which tests of a suite a grading runs, in which order, and where it ends early."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from grader.catalogue.challenges import Challenge
from grader.errors import ChallengeError
from grader.judge.behaviour import Behaviour
from grader.judge.course import whole
from grader.judge.events import Advanced, Collected
from grader.judge.grading import Grading


def behaviour_of(item: pytest.Item) -> Behaviour | None:
    """What a test is marked as; None if it is no behaviour."""
    marker = item.get_closest_marker("behaviour")
    return marker.args[0] if marker is not None else None


def select(grading: Grading, items: list[pytest.Item]) -> None:
    """Check a suite, leave only the tests that are asked for, in order, and tell the listener."""
    asked = grading.request
    found = [behaviour for item in items if (behaviour := behaviour_of(item)) is not None]
    if defect := _suite_defect(asked.challenge, items, found):
        shown = f"challenges/{asked.challenge.name}/hidden/test_spec.py"
        grading.failure = ChallengeError(f"{shown}: {defect}")
        items.clear()
        return
    grading.suite = tuple(found)
    course = asked.course or whole(found)
    wanted = [b for b in found if course.covers(b) and (asked.only is None or b.name in asked.only)]
    by_name = {behaviour.name: behaviour for behaviour in wanted}
    items[:] = [item for item in items if item.name in by_name]
    items.sort(key=lambda item: (course.place(by_name[item.name]), item.name not in asked.first))
    if asked.is_shuffled:
        order = shuffled([item.name for item in items], asked.seed)
        items.sort(key=lambda item: order.index(item.name))
    grading.reports.expected = wanted
    grading.budget.n_behaviours = len(wanted)
    _prepare_race(grading, [item for item in items if course.asks_for(by_name[item.name])])
    grading.tell(Collected(tuple(b for b in wanted if course.asks_for(b))))


def shuffled(names: Sequence[str], seed: int) -> list[str]:
    """In which order a grading with this seed judges behaviours if it is to have an order of its own."""
    order = sorted(names)
    random.Random(f"order {seed}").shuffle(order)  # noqa: S311 - it has to be the same for the same seed
    return order


def end_or_go_on(grading: Grading, item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """After a behaviour: end the grading before a stage that is to be judged only if all before it stands."""
    course, following = grading.request.course, nextitem and behaviour_of(nextitem)
    if nextitem is None or not following or course is None or grading.failure is not None:
        return
    if course.asks_for(following) or following.stage == grading.stage:
        return
    items, reports = item.session.items, grading.reports
    first = items.index(nextitem)
    to_come = {each.name for each in items[first:]}
    judged = [check for check in reports.checks() if check.behaviour.name not in to_come]
    if course.goes_on_to(following, judged):
        entered = [each for each in items[first:] if _stage_of(each) == following.stage]
        _prepare_race(grading, entered)
        behaviours = tuple(b for b in reports.expected if b.stage == following.stage)
        grading.tell(Advanced(following.stage, behaviours))
    else:
        reports.expected = [check.behaviour for check in judged]
        del items[first:]  # pytest is iterating over this very list


def _stage_of(item: pytest.Item) -> int:
    described = behaviour_of(item)
    return described.stage if described is not None else 0


def _prepare_race(grading: Grading, items: Sequence[pytest.Item]) -> None:
    """Start the reference's side in the background if one of these tests needs it."""
    races = any("race" in getattr(item, "fixturenames", ()) for item in items)
    if races and not grading.request.submission.problem:
        grading.request.arena.start_reference()


def _suite_defect(challenge: Challenge, items: list[pytest.Item], behaviours: list[Behaviour]) -> str:
    """What is wrong with a suite as a whole; empty when nothing is."""
    unmarked = [item.name for item in items if behaviour_of(item) is None]
    if unmarked:
        return f"{unmarked[0]} lacks @behaviour(points=…, category=…)"
    points = sum(behaviour.points for behaviour in behaviours)
    return astray(challenge, behaviours) or (
        "" if points == 100 else f"the points add up to {points}, not 100"
    )


def astray(challenge: Challenge, behaviours: Sequence[Behaviour]) -> str:
    """Which behaviour belongs to no stage of its challenge, in words; empty when there is none."""
    known = {stage.number for stage in challenge.stages} or {0}
    for behaviour in behaviours:
        if behaviour.stage in known:
            continue
        if not challenge.stages:
            return f"{behaviour.name} has a stage, and challenge.toml has no [[stage]]"
        return f"{behaviour.name} has stage {behaviour.stage}: write stage=1 to stage={len(challenge.stages)}"
    return ""
