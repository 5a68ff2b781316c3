"""Hints come one at a time, and the levels read are recorded."""

import pytest

from grader.catalogue.hints import hint_levels, hints_read, note_hint
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


def test_what_was_read_is_counted_and_a_broken_count_begins_anew(tmp_path):
    assert hints_read("slow_gets", tmp_path) == 0
    assert [note_hint("slow_gets", tmp_path) for _ in range(3)] == [1, 2, 3]
    assert hints_read("slow_gets", tmp_path) == 3
    assert hints_read("hanging_tasks", tmp_path) == 0
    (tmp_path / "slow_gets.json").write_text("{")
    assert hints_read("slow_gets", tmp_path) == 0
    assert note_hint("slow_gets", tmp_path) == 1
