"""Single key presses from a terminal, without Enter; silent where there is no terminal.

What comes in a burst was pasted or typed for a shell: none of it is taken for a key.
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
    """While the block runs, `tell` is called with each key, from a thread of its own.

    Ctrl-C stays what it is. The terminal is put back as it was, however the block ends.
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
