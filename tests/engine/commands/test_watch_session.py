"""What a session of watch says about stages, with a watcher that grades nothing."""

import io

import pytest
from rich.console import Console

from grader.commands import watch_session
from grader.commands.standing import Standing
from grader.judge.course import Course
from grader.judge.events import Advanced, Entered
from grader.report.attempts import read_attempts
from tests.engine.report.test_attempts import keep
from tests.support.examples import a_challenge, some_stages

BRIEF = """# Brief

## Stage 1: T1

Overlap.

## Stage 2: T2

Put it *once*.

## Out of scope

Nothing.
"""


@pytest.fixture
def session(tmp_path, monkeypatch):
    """A session of a challenge with two stages; records that are kept in its folder count as attempts."""
    (tmp_path / "README.md").write_text(BRIEF)
    challenge = a_challenge(folder=tmp_path, stages=some_stages(2))
    monkeypatch.setattr(watch_session, "Watcher", lambda *_args: None)
    monkeypatch.setattr(
        watch_session, "standing_of", lambda c: Standing(c, read_attempts(folder=tmp_path / "records")[0])
    )
    found = watch_session.WatchSession(challenge)
    found.console = Console(file=io.StringIO(), width=80)
    found.progress = watch_session.Progress(found.console)
    return found


@pytest.mark.parametrize(
    ("stood", "course"),
    [
        (None, Course((1,), (2,))),
        ((False, None), Course((1,), (2,))),
        ((True, None), Course((2, 1))),
        ((False, True), Course((1,), (2,))),
        ((True, True), None),
    ],
)
def test_the_stage_at_hand_is_judged_first(session, tmp_path, stood, course):
    if stood is not None:
        keep(tmp_path / "records", stood=stood)
    assert session._course() == course


@pytest.mark.parametrize(
    ("stood", "outcome", "stage"),
    [((True, None), "failed", 1), ((False, None), "failed", None), ((True, True), "passed", None)],
)
def test_what_is_compared_is_the_last_stage_that_stands_until_all_is_passed(
    session, tmp_path, stood, outcome, stage
):
    keep(tmp_path / "records", stood=stood, outcome=outcome)
    assert session._stage_to_compare() == stage


def test_a_challenge_without_stages_is_judged_as_a_whole(session):
    session.challenge = a_challenge()
    assert session._course() is None


def test_a_stage_that_is_reached_is_told_with_what_the_next_one_asks_for(session):
    session.progress._stages = session.challenge.stages
    for event in (Advanced(2, ()), Entered(2)):
        session._listen(event)
    lines = [line.strip() for line in session.console.file.getvalue().splitlines()]
    assert lines == [
        "Stage 1 is reached: T1",
        "Stage 2 asks for this:",
        "Put it once.",
        "Stage 2 of 2 · T2 · 20 min",
    ]


def test_a_brief_that_says_nothing_of_stages_is_no_reason_to_stop(session, tmp_path):
    (tmp_path / "README.md").write_text("# Brief\n")
    session._listen(Advanced(2, ()))
    assert session.console.file.getvalue().startswith("Stage 1 is reached: T1")
