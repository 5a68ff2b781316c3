"""The countdown of a mock in a real terminal: Ctrl-C is how it is left, so it ends quietly and well."""

import signal

import pytest

from tests.conftest import grade_py
from tests.support.terminal import Terminal


@pytest.fixture
def mock(toy_root, tmp_path):
    """A mock in progress."""
    fixed = tmp_path / "set.toml"
    fixed.write_text('minutes = 30\nchallenges = ["toy"]\n')
    started = grade_py(toy_root, "mock", "start", "--set", fixed)
    assert started.status == 0, started.err


@pytest.fixture
def countdown(toy_root, mock):
    terminal = Terminal(toy_root, "mock", "status", "--live")
    yield terminal
    terminal.close()


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_countdown_quietly(countdown, signum):
    shown = countdown.until(r"min \d\d s left\s+toy: untouched")
    assert "30 min · " in shown
    countdown.process.send_signal(signum)
    rest = countdown.rest()
    assert countdown.process.wait(30) == 0
    for words in ("clusters", "nterrupted", "Abort", "Traceback"):
        assert words not in rest


def test_the_countdown_ends_with_the_mock(countdown, toy_root):
    countdown.until("left")
    assert grade_py(toy_root, "mock", "abandon", "--yes").status == 0
    countdown.rest()
    assert countdown.process.wait(30) == 0
