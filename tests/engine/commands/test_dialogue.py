"""The dialogue over one question: what is typed becomes an answer, a skip, or the end."""

import dataclasses
import io

import pytest
from rich.console import Console

from grader.catalogue.questions import RubricGroup
from grader.commands.dialogue import Stopped, ask, order_of_choices, score_by_rubric
from tests.engine.mock.test_mock_draw import a_question

CHOICE = a_question(1)
RUBRIC = (RubricGroup(name="points", points=("what", "why", "its price")),)
SHORT = dataclasses.replace(a_question(2, "short"), choices=(), answer=-1, rubric=RUBRIC)


@pytest.fixture
def typed(monkeypatch):
    """Asks a question with these lines on standard input."""

    def answer(question, *lines, editor=""):
        monkeypatch.setenv("VISUAL", editor)
        monkeypatch.delenv("EDITOR", raising=False)
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        return ask(Console(file=io.StringIO()), question, "1 of 1", seed=7)

    return answer


def test_a_letter_stands_for_the_choice_that_was_shown_beside_it(typed, capsys):
    shown = [CHOICE.choices[index] for index in order_of_choices(CHOICE, 7)]
    assert sorted(shown) == sorted(CHOICE.choices)
    for letter, choice in zip("abcd", shown, strict=True):
        assert typed(CHOICE, "x", "", letter.upper()).choice == CHOICE.choices.index(choice)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("question", [CHOICE, SHORT], ids=["choice", "short"])
def test_a_question_can_be_skipped_and_the_dialogue_stopped(typed, question):
    assert typed(question, "s") is None
    with pytest.raises(Stopped):
        typed(question, "q")


def test_an_answer_in_words_ends_with_an_empty_line_and_keeps_its_indentation(typed):
    answer = typed(SHORT, "for x in y:", "    q", "", "not read")
    assert (answer.text, answer.choice, answer.question) == ("for x in y:\n    q", -1, SHORT.id)
    assert typed(SHORT, "cut off by the end of the input").text == "cut off by the end of the input"
    assert typed(SHORT, "") is None


def test_an_answer_can_be_written_in_the_editor(typed, tmp_path):
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf "Because.\\n" | cat - "$1" > "$1.new" && mv "$1.new" "$1"\n')
    editor.chmod(0o755)
    assert typed(SHORT, "e", editor=str(editor)).text == "Because."
    assert typed(SHORT, "e", editor=str(tmp_path / "missing")).text == "e"


def test_each_point_of_the_rubric_is_ticked_by_itself(monkeypatch):
    shown = io.StringIO()
    monkeypatch.setattr("sys.stdin", io.StringIO("y\nn\n\n"))
    assert score_by_rubric(Console(file=shown), SHORT, "my words") == [True, False, False]
    assert "my words" in shown.getvalue()
    assert SHORT.explanation in shown.getvalue()
