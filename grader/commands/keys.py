"""Single key presses from a terminal, without Enter. Without a terminal there are none.

Characters that arrive in a burst were pasted, or typed for a shell: they are ignored.
"""

from __future__ import annotations

import contextlib
import os
import select
import sys
import threading
from collections.abc import Callable, Iterator

_POLL_S = 0.1
_BURST_BYTES = 64


@contextlib.contextmanager
def pressed(tell: Callable[[str], None]) -> Iterator[None]:
    """Call `tell` with each key while the block runs, from a separate thread.

    Ctrl-C still interrupts. The terminal is restored, however the block ends.
    """
    try:
        import termios
        import tty

        number = sys.stdin.fileno()
        before = termios.tcgetattr(number)
    except (ImportError, OSError, ValueError, termios.error):
        yield  # a pipe, or a system without terminals of this kind
        return
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            if select.select([number], [], [], _POLL_S)[0]:
                typed = os.read(number, _BURST_BYTES).decode(errors="ignore")
                if not typed:
                    return
                if len(typed) == 1:
                    tell(typed)

    thread = threading.Thread(target=read, daemon=True, name="keys")
    tty.setcbreak(number)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        termios.tcsetattr(number, termios.TCSADRAIN, before)
