"""What every verb does for the mock in progress: save what has changed, and warn about the time."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from grader.mock.clock import time_in_words
from grader.mock.sitting import Sitting, current_sitting
from grader.report.terminal import say


def attended_sitting() -> Sitting:
    """The mock in progress, after what has changed was saved and warnings were given.

    Raises:
        UsageError: There is none.
    """
    sitting = current_sitting()
    sitting.save_changes()
    warn(sitting)
    return sitting


def warn(sitting: Sitting) -> None:
    """Print the warnings that are due."""
    for warning in sitting.warnings():
        say(warning)


def warn_loudly(sitting: Sitting, console: Console) -> None:
    """Print the warnings that are due in bold, and ring the bell."""
    for warning in sitting.warnings():
        console.bell()
        console.print(Text(warning, style="bold"))


def time_left(sitting: Sitting) -> str:
    """The time that is left, or by how much it is over."""
    left_s = sitting.journal.left_s
    return f"{time_in_words(left_s)} left" if left_s > 0 else f"{time_in_words(left_s)} over time"
