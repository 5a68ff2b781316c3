"""Nothing that a side started gets away, however it tries.

`end_all` reaps every child of its process, so each test runs it in a separate process.
"""

import os
import signal
import subprocess
import sys

import psutil
import pytest

from grader.system.processes import MARKER, descendants, end_all, marked

GUARD_S = 30.0

# What a child does after its start; `ready` tells the test's process that it has got that far.
ESCAPES = {
    "child": "ready()",
    "grandchild": "if os.fork() == 0: ready()",
    "double-forked daemon in a session of its own": """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        ready()
    else:
        os._exit(0)
else:
    os._exit(0)
""",
    "deaf to every signal it may ignore": """
for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}:
    signal.signal(number, signal.SIG_IGN)
ready()
""",
    "without its first thread, which the kernel calls a zombie": """
import ctypes, threading
def live():
    ready()
    pause()
threading.Thread(target=live).start()
ctypes.CDLL(None).syscall({"x86_64": 60}.get(os.uname().machine, 93), 0)  # exit, of this thread alone
""",
    "stopped": """
import ctypes
ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # dies with the test, should that fail
ready()
os.kill(os.getpid(), signal.SIGSTOP)
""",
    "two that replace each other": """
def guard(other):
    while True:
        while psutil.pid_exists(other) and psutil.Process(other).status() != "zombie":
            pause(0.001)
        mine = os.getpid()
        if os.fork() == 0:
            other = mine
        else:
            other = psutil.Process().children()[-1].pid
mine = os.getpid()
child = os.fork()
if child == 0:
    ready()
guard(child or mine)
""",
}

SCRIPT = """
import os, select, signal, sys
import psutil
from grader.system.processes import become_subreaper, descendants, end_all

assert become_subreaper()
read, write = os.pipe()
lifeline, held = os.pipe()  # closes with this process: if the test fails, nothing stays behind

def ready():
    os.write(write, b"%d\\n" % os.getpid())

def pause(seconds=None):
    if select.select([lifeline], [], [], seconds)[0]:
        os._exit(1)

if os.fork() == 0:
    os.close(held)
    exec(sys.argv[1])
    pause()
pid = int(os.read(read, 100).split()[0])
there = [p.pid for p in descendants(os.getpid())]
left = end_all(lambda: descendants(os.getpid()), adopted=True)
alive = psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"
print(pid in there, left, alive, [p.pid for p in descendants(os.getpid())])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has subreapers")
@pytest.mark.parametrize("escape", ESCAPES.values(), ids=ESCAPES.keys())
def test_nothing_below_a_subreaper_gets_away(escape):
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, escape],
        capture_output=True,
        text=True,
        check=True,
        timeout=GUARD_S,
    )
    assert ran.stdout.split() == ["True", "[]", "False", "[]"], ran.stderr


def test_ending_nothing_is_well():
    assert end_all(list, adopted=False) == []


IMMORTAL = """
import psutil, subprocess, sys
from grader.system.processes import end_all

class Unreachable(psutil.Process):
    def send_signal(self, signum):
        pass

child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
left = end_all(lambda: [Unreachable(child.pid)], adopted=False, within_s=0.0)
print(left == [child.pid], child.poll())
child.communicate(b"\\n")
"""


def test_what_cannot_be_ended_is_told():
    """A process that no signal reaches, as one of another user would be."""
    ran = subprocess.run(
        [sys.executable, "-c", IMMORTAL],
        capture_output=True,
        text=True,
        check=True,
        timeout=GUARD_S,
    )
    assert ran.stdout.split() == ["True", "None"], ran.stderr


FOREIGN_CHILD = """
import psutil, subprocess, sys, time
from grader.system.processes import end_all

def start(code):
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)

mine, ended = start("raise SystemExit(7)"), start("input()")
while psutil.Process(mine.pid).status() != psutil.STATUS_ZOMBIE:
    time.sleep(0.001)
left = end_all(lambda: [psutil.Process(ended.pid)] if ended.poll() is None else [], adopted=False)
print(left, mine.wait())
"""


def test_a_caller_with_children_of_its_own_keeps_their_exit_status():
    ran = subprocess.run(
        [sys.executable, "-c", FOREIGN_CHILD],
        capture_output=True,
        text=True,
        check=True,
        timeout=GUARD_S,
    )
    assert ran.stdout.split() == ["[]", "7"], ran.stderr


def test_descendants_of_a_process_that_is_gone_are_none():
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert descendants(child.pid) == []


def test_processes_are_found_by_the_marker_in_their_environment():
    name = f"side-{os.getpid()}"
    started = [
        subprocess.Popen(
            [sys.executable, "-c", "input()"],
            stdin=subprocess.PIPE,
            env={**os.environ, MARKER: value},
            start_new_session=True,
        )
        for value in (name, name, name + "-other")
    ]
    try:
        assert {p.pid for p in marked(name)} == {p.pid for p in started[:2]}
    finally:
        for process in started:
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stdin.close()
    assert marked(name) == []


def test_a_process_that_keeps_its_environment_private_is_found_by_its_command(monkeypatch, tmp_path):
    def refuse(_self):
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil.Process, "environ", refuse)
    program = "import sys; sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE) as process:
        found = marked(str(tmp_path))
        process.communicate()
    assert [p.pid for p in found] == [process.pid]
