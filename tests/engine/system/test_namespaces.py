"""What a warden starts stays in its namespaces and below its parent, and can do everything else."""

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"}, reason="no filter there"
)
PROGRAM = """
import ctypes, errno, os, signal, subprocess, sys, threading
from grader.system.namespaces import CLONE_PARENT, NEW_NAMESPACE, _CALLS, forbid_new_namespaces
from grader.system.privileges import forbid_to_children

libc = ctypes.CDLL(None, use_errno=True)
_, clone, clone3, unshare, setns, _ = _CALLS[os.uname().machine]

def refused(number, *arguments):
    result = libc.syscall(number, *arguments)
    if number == clone and result == 0:
        os._exit(0)
    return errno.errorcode[ctypes.get_errno()] if result < 0 else "done"

if len(sys.argv) > 1:
    forbid_to_children()
    assert forbid_new_namespaces()
for flag in (0x10000000, 0x40000000, 0x20000, 0x80):
    assert flag & NEW_NAMESPACE
    print(refused(unshare, flag))
print(refused(clone, 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0))
print(refused(clone, CLONE_PARENT | signal.SIGCHLD, 0, 0, 0, 0))
print(refused(clone3, 0, 0))
print(refused(setns, 0, 0))
"""
HARMLESS = """
print(refused(unshare, 0x400))  # its own table of open files
print(refused(clone, signal.SIGCHLD, 0, 0, 0, 0))
ended = []
thread = threading.Thread(target=ended.append, args=(1,))
thread.start(); thread.join()
done = subprocess.run([sys.executable, "-c", "print(2)"], capture_output=True, text=True)
print(ended, done.stdout.strip())
"""


def said(program, *arguments):
    """What it printed, line by line."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True, timeout=20
    )
    return done.stdout.split("\n")[:-1]


def test_no_new_namespaces_and_no_child_that_passes_for_a_sibling():
    assert said(PROGRAM, "forbidden") == ["EPERM"] * 6 + ["ENOSYS", "EPERM"]


def test_threads_and_processes_are_started_as_ever():
    assert said(PROGRAM + HARMLESS, "forbidden")[-3:] == ["done", "done", "[1] 2"]
