"""An exception of the solution's is told with what it means."""

import pytest

from grader.side.observation import SolutionRaised, SolutionTimeout
from grader.suite import teaching

LESSONS = {"read-only": "Write to a copy.", "KeyError": "Look at the keys."}


def told(error, lessons=LESSONS):
    with pytest.raises(type(error)) as seen, teaching(lessons):
        raise error
    return seen.value


def test_the_meaning_stands_between_text_and_traceback():
    said = told(SolutionRaised("ValueError", "destination is read-only", "solution.py:3 in task"))
    assert said.message == (
        "it raised ValueError: destination is read-only\nWrite to a copy.\nsolution.py:3 in task"
    )
    assert said.type_name == "ValueError"


def test_a_lesson_is_found_by_the_type_too():
    assert told(SolutionRaised("KeyError", "'a'")).message == "it raised KeyError: 'a'\nLook at the keys."


@pytest.mark.parametrize("error", [SolutionRaised("OSError", "gone", "line"), SolutionTimeout("read-only")])
def test_what_no_lesson_is_about_stays_as_it_is(error):
    before = error.message
    assert told(error) is error
    assert error.message == before


def test_a_block_that_raises_nothing_is_left_alone():
    with teaching(LESSONS):
        pass
