"""Hints come one at a time, and the levels read are recorded."""

import dataclasses

import pytest

from grader.catalogue.hints import hint_levels, hints_read, note_hint
from grader.catalogue.stages import Stage
from grader.errors import ChallengeError
from tests.support.examples import a_challenge

HINTS = "## 1. Nudge\n\nLook.\n\n## 2. Approach\nThink.\n    ## not a heading\n## Sketch\nWrite.\n"


@pytest.fixture
def challenge(tmp_path):
    (tmp_path / "hints.md").write_text(HINTS)
    return a_challenge(folder=tmp_path)


def test_levels_have_titles_without_numbers_and_their_own_text(challenge):
    assert hint_levels(challenge) == [
        ("Nudge", "Look."),
        ("Approach", "Think.\n    ## not a heading"),
        ("Sketch", "Write."),
    ]


def test_hints_without_levels_are_refused_with_what_to_write(challenge):
    (challenge.folder / "hints.md").write_text("Just think.\n")
    with pytest.raises(ChallengeError, match=r"## 1\. Nudge"):
        hint_levels(challenge)


STAGED = """# Hints

## Stage 1: Waits

### 1. Nudge
Look.

### 2. Approach
Think.

## Stage 2: Deaths

Nothing yet.
"""


@pytest.fixture
def staged(challenge):
    (challenge.folder / "hints.md").write_text(STAGED)
    stages = tuple(
        Stage(number=n, title=title, minutes=20) for n, title in enumerate(("Waits", "Deaths", "Speed"), 1)
    )
    return dataclasses.replace(challenge, stages=stages)


def test_a_stage_has_hints_of_its_own(staged):
    assert hint_levels(staged, 1) == [("Nudge", "Look."), ("Approach", "Think.")]


@pytest.mark.parametrize(
    ("stage", "words"), [(2, r"no levels for stage 2.*### 1\. Nudge"), (3, "## Stage 3: Speed")]
)
def test_a_stage_without_hints_is_told_with_what_to_write(staged, stage, words):
    with pytest.raises(ChallengeError, match=words):
        hint_levels(staged, stage)


def test_what_was_read_is_counted_for_each_stage_and_in_all(tmp_path):
    note_hint("slow_gets", tmp_path)  # before there were stages
    assert [note_hint("slow_gets", tmp_path, stage=stage) for stage in (1, 1, 2)] == [1, 2, 1]
    assert [hints_read("slow_gets", tmp_path, stage=stage) for stage in (1, 2, 3)] == [2, 1, 0]
    assert hints_read("slow_gets", tmp_path) == 4


def test_what_was_read_is_counted_and_a_broken_count_begins_anew(tmp_path):
    assert hints_read("slow_gets", tmp_path) == 0
    assert [note_hint("slow_gets", tmp_path) for _ in range(3)] == [1, 2, 3]
    assert hints_read("slow_gets", tmp_path) == 3
    assert hints_read("hanging_tasks", tmp_path) == 0
    (tmp_path / "slow_gets.json").write_text("{")
    assert hints_read("slow_gets", tmp_path) == 0
    assert note_hint("slow_gets", tmp_path) == 1
