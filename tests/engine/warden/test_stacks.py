"""Stacks are read where a solution can write: whatever is there, reading ends soon and returns little."""

import os
import subprocess
import sys
import time

import pytest

from grader.warden.stacks import MAX_BYTES, dump_stacks

WAITS = """
import faulthandler, signal, sys, time
faulthandler.register(signal.SIGUSR1, file=open(sys.argv[1], "a"), all_threads=True)
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture
def waiting(tmp_path):
    """A process that dumps its stacks into a file named by its pid, as those of a side do."""
    process = subprocess.Popen(
        ["sh", "-c", f'exec "{sys.executable}" -c "$0" "{tmp_path}/$$.txt"', WAITS], stdout=subprocess.PIPE
    )
    assert process.stdout.readline()
    yield process
    process.kill()
    process.wait()


def test_the_stack_of_a_process_is_what_it_wrote_last(waiting, tmp_path):
    for _ in range(2):
        text = dump_stacks(tmp_path, [waiting.pid])[str(waiting.pid)]
        assert text.count("most recent call first") == 1


def pipe(path):
    os.mkfifo(path)


def link(path):
    path.symlink_to("/etc/passwd")


def folder(path):
    path.mkdir()


def huge(path):
    path.touch()
    os.truncate(path, 10**12)


def nothing(_path):
    pass


@pytest.mark.parametrize("lay", [pipe, link, folder, huge, nothing])
def test_whatever_lies_in_its_place_costs_little(waiting, tmp_path, lay):
    path = tmp_path / f"{waiting.pid}.txt"
    path.unlink()
    lay(path)
    start = time.monotonic()
    found = dump_stacks(tmp_path, [waiting.pid])
    assert time.monotonic() - start < 3.0
    assert all(len(text) <= MAX_BYTES for text in found.values())
    assert "root:" not in "".join(found.values())
