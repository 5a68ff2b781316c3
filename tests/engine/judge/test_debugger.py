"""A terminal reaches breakpoint() in another process over a socket, and nothing of it moves a cursor here."""

import io
import os
import socket
import subprocess
import sys
import threading

import pytest

from grader.inside import kata_wire
from grader.judge.debugger import Relay
from tests.conftest import ROOT

INSIDE = ROOT / "grader" / "inside"
PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
import kata_debugger
kata_debugger.install(sys.argv[2])

def total(numbers):
    found = sum(numbers)
    breakpoint()
    return found

print("total", total([1, 2, 3]), total([4]))
"""


@pytest.fixture
def listener(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.bind(str(tmp_path / "debug.sock"))
        sock.listen(1)
        yield sock


def debugged(listener, typed):
    """What the program prints, and what the debugger shows, when these lines are typed and then no more."""
    reading, writing = os.pipe()
    os.write(writing, typed.encode())
    os.close(writing)
    shown = io.StringIO()
    relay = Relay(listener, reading, shown)
    try:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(INSIDE), listener.getsockname()],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    finally:
        relay.stop()
        os.close(reading)
    return done, shown.getvalue()


def test_lines_are_answered_where_the_program_stands_and_it_goes_on(listener):
    done, shown = debugged(listener, "p found * 7\nc\np found\nc\n")
    assert done.stdout == "total 6 4\n"
    assert "42" in shown
    assert shown.count("(Pdb)") >= 3
    assert shown.rstrip().rsplit("(Pdb)", 1)[0].rstrip().endswith("4")


def test_the_end_of_the_input_ends_the_program_at_its_breakpoint(listener):
    done, _ = debugged(listener, "p found\n")
    assert done.returncode != 0
    assert "BdbQuit" in done.stderr


def test_what_moves_a_cursor_is_not_shown(listener):
    _, shown = debugged(
        listener, r"!print('\x1b[2J\x1b[31mred')" + "\np '\\033[2J' + chr(27) + '[1A'\nc\nc\n"
    )
    assert "\x1b" not in shown


def test_without_a_stop_nothing_is_read_and_nothing_waits(listener):
    reading, writing = os.pipe()
    os.write(writing, b"kept\n")
    relay = Relay(listener, reading, io.StringIO())
    relay.stop()
    os.close(writing)
    assert os.read(reading, 100) == b"kept\n"
    os.close(reading)


def test_without_an_input_the_debugger_is_still_heard(listener):
    shown = io.StringIO()
    relay = Relay(listener, None, shown)
    heard = threading.Event()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as driver:
        driver.connect(listener.getsockname())
        driver.sendall(b"hello\n")
        driver.shutdown(socket.SHUT_WR)
        while driver.recv(1):  # until the relay has hung up
            heard.set()
    relay.stop()
    assert shown.getvalue() == "hello\n"
    assert not heard.is_set()


def test_the_debugger_is_copied_into_every_side():
    assert (INSIDE / "kata_debugger.py").exists()
    assert kata_wire.__file__ == str(INSIDE / "kata_wire.py")
