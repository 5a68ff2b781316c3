"""The other end of a judge of a batch: starts it, asks it, and ends it.

Ray tasks use it too, on nodes that may have nothing but Ray: it imports the standard library alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, BinaryIO

JUDGE = "grader.batch.judging"
LIMIT_S = 1800.0  # the engine has its own deadlines: whatever takes longer than this is our defect
END_WITHIN_S = 30.0
LOOK_EVERY_S = 0.5  # Ray cancels a task between two lines of Python, and never in the middle of a wait
_KEPT = (
    "PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "SYSTEMROOT",
)  # fmt: skip


class JudgeLostError(Exception):
    """The judge ended or did not answer; the message says what it said last."""


class JudgeProcess:
    """One judge. It grades one job at a time and is kept for the next one.

    Args:
        code: The folder that has `grader` in it.
        root: The folder that has `challenges` in it.
        cpus: How many CPUs it tries to have to itself.
        module: What it runs.
    """

    def __init__(self, code: Path, root: Path, cpus: int, module: str = JUDGE) -> None:
        self._said: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed with the process
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, str(cpus)],
            env=kept | {"PYTHONPATH": str(code), "KATA_ROOT": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            bufsize=0,
            cwd="/",  # a node's copy of the code may be removed and come again
            start_new_session=True,  # Ctrl-C reaches the driver alone, which ends its judges in order
        )

    def ask(self, job: dict[str, Any], within_s: float = LIMIT_S) -> dict[str, Any]:
        """Have a job graded.

        Raises:
            JudgeLostError: No answer came; the judge has been ended.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise JudgeLostError("the judge has no input or output")
        try:
            _write_all(stdin.fileno(), json.dumps(job).encode() + b"\n")
            answer: dict[str, Any] = json.loads(_read_line(stdout.fileno(), time.monotonic() + within_s))
        except (OSError, ValueError, TimeoutError) as error:
            self.end()
            raise JudgeLostError(f"the judge was lost: {error}. {self._last_words()}".rstrip()) from None
        return answer

    def stop(self) -> None:
        """Have it end in order, also in the middle of a grading: it ends with its input."""
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()

    def end(self) -> None:
        """The same, and wait until it has gone."""
        self.stop()
        with contextlib.suppress(OSError):
            if self._process.stdout is not None:
                self._process.stdout.close()
        try:
            self._process.wait(END_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _last_words(self) -> str:
        """The end of what it printed on its errors' output."""
        with contextlib.suppress(OSError, ValueError):
            size = self._said.seek(0, os.SEEK_END)
            self._said.seek(max(size - 1500, 0))
            return self._said.read().decode(errors="replace").strip()
        return ""


def _write_all(file: int, text: bytes) -> None:
    left = memoryview(text)
    while left:
        left = left[os.write(file, left) :]


def _read_line(file: int, deadline: float) -> bytes:
    """The next line; there is never more than one answer on its way.

    Raises:
        OSError: It ended first.
        TimeoutError: It took too long.
    """
    parts: list[bytes] = []
    with selectors.DefaultSelector() as selector:
        selector.register(file, selectors.EVENT_READ)
        while not (parts and parts[-1].endswith(b"\n")):
            if time.monotonic() > deadline:
                raise TimeoutError("no answer came in time")
            if not selector.select(LOOK_EVERY_S):
                continue
            chunk = os.read(file, 1 << 16)
            if not chunk:
                raise OSError("it ended without an answer")
            parts.append(chunk)
    return b"".join(parts)
