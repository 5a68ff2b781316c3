"""The watch loop in a real pseudo-terminal, on real clusters."""

import contextlib
import json
import os
import re
import signal

import pytest

from tests.conftest import ROOT
from tests.support.terminal import Terminal

RIGHT = (ROOT / "tests/toy/reference/toy/solution.py").read_text()
WRONG = RIGHT.replace("return ", "return 1 + ", 1)

RIGHT_SCORE = re.compile(
    r"Score (100 of 100|80 of 80) judged points"
)  # speed may be left open when it is busy here


WRONG_THEN_ENDLESS = """
import time

calls = []

def total(keys):
    calls.append(keys)
    if len(calls) > 1:
        time.sleep(600)
    return -1
"""


def outcomes(root):
    """Of all that is recorded, oldest first."""
    paths = sorted((root / ".grade/records/toy").glob("*.json"))
    return [json.loads(path.read_text())["outcome"] for path in paths]


@pytest.fixture
def solution(toy_root):
    return toy_root / "challenges" / "toy" / "solution.py"


@pytest.fixture
def watched(toy_root, solution):
    """Starts to watch a solution."""
    with contextlib.ExitStack() as terminals:

        def start(source):
            solution.write_text(source)
            return terminals.enter_context(contextlib.closing(Terminal(toy_root, "watch", "toy")))

        yield start


@pytest.mark.timeout(400)
def test_save_see_next(watched, solution, toy_root):
    """All in one session, whose clusters take longest: saves, one in mid-grading, keys, and Ctrl-C."""
    terminal = watched(WRONG)
    terminal.until("FAIL.*The numbers are added")
    assert "A killed worker" not in terminal.until("waiting for a save")
    solution.write_text("def total(keys:\n")
    assert "solution.py line 1" in terminal.until("waiting for a save")
    solution.write_text("import time\ndef total(keys):\n    time.sleep(600)\n")
    terminal.until("The numbers are added")
    solution.write_text(RIGHT)
    shown = terminal.until("waiting for a save")
    assert "HANG" not in shown
    assert RIGHT_SCORE.search(shown)
    said = (
        "The numbers are added",
        "Stage 1 is reached",
        "Stage 2 asks for this",
        "A killed worker",
        "Score",
    )
    places = [shown.index(words) for words in said]
    assert places == sorted(places)
    assert "all stages stand" in shown
    terminal.press("h")
    terminal.until("Hint 1 of 2")
    terminal.press("l")
    terminal.until(r"\[x\] toy")
    terminal.press("c")
    terminal.until("Next: python grade.py next")
    os.kill(terminal.process.pid, signal.SIGINT)
    assert terminal.process.wait(60) == 130
    judged = [outcome for outcome in outcomes(toy_root) if outcome != "inconclusive"]
    assert judged == ["failed", "failed", "passed"]


@pytest.mark.timeout(400)
def test_what_was_judged_before_leaving_is_recorded(watched, toy_root):
    terminal = watched(WRONG_THEN_ENDLESS)
    terminal.until(r"FAIL.*The numbers are added")
    terminal.press("q")
    shown = terminal.until(r"Broken off after \d+ of \d+ behaviours. They are recorded", within_s=120.0)
    assert "of 0 behaviours" not in shown
    _, ending, after = shown.partition("Stopping both clusters")
    assert ending
    assert not re.search(r"\d+ of \d+: ", after)
    assert terminal.process.wait(60) == 0
    assert outcomes(toy_root) == ["interrupted"]
