"""What the driver tells of an exception."""

import os

from grader.inside.driver import described


def told(folder, callers):
    """What is told of an exception raised in the last of these files, each called by the one before it."""
    names = {}
    source = "def call():\n    raise KeyError(3)\n"
    for file in reversed(callers):
        path = os.path.join(folder, file)  # noqa: PTH118
        exec(compile(source, path, "exec"), names)
        names = {"inner": names["call"]}
        source = "def call():\n    inner()\n"
    try:
        names["inner"]()
    except KeyError as error:
        return described(error, str(folder))


def test_the_traceback_begins_in_the_solution_also_when_a_scenario_called_it(tmp_path):
    seen = told(tmp_path, ["scenarios.py", "solution.py", "service.py"])
    assert (seen["type"], seen["message"]) == ("KeyError", "3")
    assert [line.strip() for line in seen["traceback"].splitlines()] == [
        'File "solution.py", line 2, in call',
        'File "service.py", line 2, in call',
    ]
