"""A card as people read it."""

import dataclasses
import json

import pytest

from grader.mock.card import Card
from grader.mock.card_view import card_html, card_lines
from grader.mock.parts import Part

FACTS = {"ray": "2.60.0", "python": "3.11.7", "suites": {"slow_gets": "ab" * 32}, "questions": "cd" * 32}


def a_part(**changes):
    usual = {
        "kind": "coding", "name": "slow_gets", "topic": "debugging", "minutes": 30, "share": 0.6,
        "late_share": None, "self_scored": False, "spent_s": 300.0, "tries": 2, "hints": 1, "answered": True,
    }  # fmt: skip
    return Part(**(usual | changes))


def a_card(**changes):
    usual = {
        "name": "20260101T000000",
        "overall": 61.5,
        "self_scored": 10.0,
        "parts": (a_part(), a_part(kind="choice", name="retries", topic="tasks", minutes=1, share=1.0)),
        "skills": {"correctness": (60.0, 60.0), "performance": (0.0, 40.0), "knowledge": (1.0, 2.0)},
        "spent_s": 2700.0,
        "late": False,
        "before": (),
        "practise": (("slow_gets", "not finished here"),),
        "plan": {"shape": "screen", "minutes": 45, "seed": 7},
        "facts": FACTS,
        "clock_change_s": 0.0,
    }
    return Card(**(usual | changes))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "61.5 % (your first mock) · took 45 min"),
        ({"before": (40.0, 50.0)}, "(before: 40, 50)"),
        ({"late": True, "parts": (a_part(late_share=0.9),)}, "late: 90 %"),
        ({"clock_change_s": -3600.0}, "set by -3600 s"),
        ({"parts": (a_part(answered=False),)}, "untouched"),
        ({"practise": ()}, "nothing stands out"),
    ],
)
def test_the_terminal_says_what_there_is_to_say(changes, words):
    assert words in "\n".join(line.plain for line in card_lines(a_card(**changes)))


@pytest.mark.parametrize(
    "changes", [{}, {"late": True, "before": (40.0,), "clock_change_s": 99.0, "practise": ()}]
)
def test_the_page_holds_everything_and_loads_nothing(changes):
    html = card_html(a_card(**changes))
    for words in ("61.5", "slow_gets", "performance", "seed 7", "2.60.0"):
        assert words in html
    assert "<script" not in html
    assert "src=" not in html


def test_the_document_is_plain_json_with_a_schema():
    document = json.loads(json.dumps(a_card().to_json()))
    assert document["schema"] == 1
    assert set(document) == {"schema", *(field.name for field in dataclasses.fields(Card))}
