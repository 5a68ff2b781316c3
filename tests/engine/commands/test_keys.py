"""Single keys arrive from a real pseudo-terminal, and the terminal is put back."""

import os
import pty
import select
import subprocess
import sys
import time

PROGRAM = """
import queue, sys, termios
from grader.commands.keys import pressed
before = termios.tcgetattr(0)
keys = queue.Queue()
with pressed(keys.put):
    print("ready", flush=True)
    print("first", keys.get(timeout=20), flush=True)
    print("second", keys.get(timeout=20), flush=True)
print("restored", termios.tcgetattr(0) == before, flush=True)
"""


def read_until(number, words, within_s=20.0):
    text, deadline = "", time.monotonic() + within_s
    while words not in text and time.monotonic() < deadline:
        if select.select([number], [], [], 0.1)[0]:
            try:
                text += os.read(number, 4096).decode()
            except OSError:
                break
    assert words in text, text
    return text


def test_keys_are_seen_without_enter_what_is_pasted_is_not_and_the_terminal_is_restored():
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        read_until(ours, "ready")
        os.write(ours, b"h")
        read_until(ours, "first h")
        os.write(ours, b"ls -la\n")  # pasted: no keys
        time.sleep(0.3)  # what comes with it would be part of it
        os.write(ours, b"q")
        assert "second q" in read_until(ours, "restored True")
        assert process.wait(20) == 0
    os.close(ours)


def test_without_a_terminal_nothing_is_pressed():
    ended = subprocess.run(
        [sys.executable, "-c", "from grader.commands import keys\nwith keys.pressed(print): print('fine')"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ended.stdout == "fine\n"
