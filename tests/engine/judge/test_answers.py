"""What a suite gets to see of an answer: nothing but what was promised, in the promised form."""

import types

import pytest

from grader.judge.forms import sealed
from grader.judge.learner import Learner
from grader.judge.places import WrongAnswer


class AnsweringSide:
    """A side without processes that gives one answer and keeps what it was sent."""

    def __init__(self, answer):
        self.answer, self.sent = answer, []

    def look(self, *_names):
        return types.SimpleNamespace(store=types.SimpleNamespace(used_bytes=0))

    def call(self, *sent):
        self.sent.append(sent)
        return self.answer


def learner(answer):
    return Learner(AnsweringSide(answer), None)


def test_a_call_gives_the_answer_in_the_promised_form_and_names_the_function_where_it_has_another():
    assert learner([1, 2]).call("total", returns=[int]) == [1, 2]
    with pytest.raises(WrongAnswer, match=r"^total\(\)\[1\] is nan, promised is a finite float$"):
        learner([1.0, float("nan")]).call("total", returns=[float])


def test_a_scenario_gives_the_answer_in_the_promised_form():
    assert learner({"seen": (1, 2)}).scenario("look", returns={"seen": (int, int)}) == {"seen": (1, 2)}
    with pytest.raises(WrongAnswer, match=r'^answer\["seen"\] is None, promised is int$'):
        learner({"seen": None}).scenario("look", returns={"seen": int})


@pytest.mark.parametrize("ask", [lambda one: one.call("total", [1]), lambda one: one.scenario("look", n=1)])
def test_without_a_promise_nothing_is_returned(ask):
    assert ask(learner({"surprise": 1})) is None


def test_what_is_sealed_goes_back_to_the_solution_as_it_was():
    one = learner({"state": {"w": [1, [2]]}})
    seen = one.call("checkpoint", returns={"state": sealed})
    one.scenario("restore", state=seen["state"], more=[seen])
    (_, _, _, inputs, _) = one.side.sent[-1]
    assert inputs == {"state": {"w": [1, [2]]}, "more": [{"state": {"w": [1, [2]]}}]}
