"""Says what an exception means in Ray, beside what it says itself: the first failing line is there to teach.

with teaching({"Invalid type of object refs": "A task gets the value of a ref that is its argument, ..."}):
    seen = learner.scenario("value_of", ...)
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

from grader.side.observation import SolutionRaised


@contextlib.contextmanager
def teaching(lessons: Mapping[str, str]) -> Iterator[None]:
    """Explain an exception that comes out of the solution in this block.

    Args:
        lessons: By a part of `TypeName: text`, what it means and where to look. The first to occur is told.

    Raises:
        SolutionRaised: The same exception, with its meaning between its text and its traceback.
    """
    try:
        yield
    except SolutionRaised as seen:
        said = f"{seen.type_name}: {seen.text}"
        meaning = next((lesson for part, lesson in lessons.items() if part in said), "")
        if not meaning:
            raise
        raise SolutionRaised(seen.type_name, f"{seen.text}\n{meaning}", seen.trace) from None
