"""What Ctrl-C and SIGTERM do to a verb that runs for a while."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

from grader.errors import Interrupted


@contextlib.contextmanager
def interruptible(advice: str = "", ended: str = "Both clusters have been stopped.") -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the clusters in order, and then the program with status 130.

    Args:
        advice: What the user can do next, as a sentence.
        ended: What has been ended, as a sentence.

    Raises:
        Interrupted: Either of them came.
    """
    try:
        with _sigterm_as_ctrl_c():
            yield
    except KeyboardInterrupt:
        raise Interrupted(f"Interrupted. {ended} {advice}".rstrip()) from None


@contextlib.contextmanager
def until_interrupted() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the block quietly, as the normal way to leave it."""
    with contextlib.suppress(KeyboardInterrupt), _sigterm_as_ctrl_c():
        yield


@contextlib.contextmanager
def _sigterm_as_ctrl_c() -> Iterator[None]:
    def interrupt(_signum: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
