"""A pseudo-terminal with grade.py in it: what it shows, and keys for it."""

import os
import pty
import re
import select
import subprocess
import time

from tests.conftest import command, environment

COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A verb of grade.py in a terminal that is its own.

    Args:
        root: Folder of the challenges.
        args: The words after grade.py.
    """

    def __init__(self, root, *args):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            command(*args), stdin=slave, stdout=slave, stderr=slave,
            env=environment(root, TERM="xterm-256color"), start_new_session=True,
        )  # fmt: skip
        os.close(slave)
        self.text = ""

    def until(self, words, within_s=90.0):
        """Read until the words have been shown since the last time; what was shown up to there."""
        deadline = time.monotonic() + within_s
        while not (found := re.search(words, COLOUR.sub("", self.text))) and time.monotonic() < deadline:
            if not self._read():
                break
        assert found, self.text[-3000:]
        text = COLOUR.sub("", self.text)
        shown, self.text = text[: found.end()], text[found.end() :]
        return shown

    def rest(self):
        """What is shown until the program ends."""
        while self._read():
            pass
        return COLOUR.sub("", self.text)

    def press(self, key):
        os.write(self.master, key.encode())

    def close(self):
        """End the program, if it has not ended."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)
        os.close(self.master)

    def _read(self):
        """Take in what is shown now; whether there may be more."""
        if select.select([self.master], [], [], 0.1)[0]:
            try:
                more = os.read(self.master, 65536)
            except OSError:
                return False
            self.text += more.decode(errors="replace")
        return True
