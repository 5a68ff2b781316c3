"""Runs on a node of the Ray cluster for each grading: hands the job to a judge below it.

Runs in a worker of that cluster, which may have nothing but Ray and Python: only the standard library and the
other end of a judge are imported here. The judge's environment is made from nothing, so that it and its two
clusters know nothing of the cluster that this task belongs to.
"""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from grader.batch.judge_process import JudgeLostError, JudgeProcess

_CODE = Path(__file__).parents[2]
_PR_SET_DUMPABLE = 4
_judges: list[JudgeProcess] = []  # kept for the next task of this worker


def grade_on_node(job: str, cpus: int, module: str, board: Any) -> str:
    """Grade one job; the answer names the node and says how long the task took.

    Args:
        job: What a judge is asked, as JSON, with a label.
        cpus: That the judge tries to have to itself.
        module: What a judge runs.
        board: Told that the job runs here; None if nobody wants to know.
    """
    start = time.monotonic()
    node = this_node()
    question = json.loads(job)
    if board is not None:
        board.started.remote(question["label"], node)
    _keep_memory_private()
    answer: dict[str, Any]
    judge = _judges.pop() if _judges else JudgeProcess(_CODE, _CODE, cpus, module)
    try:
        answer = judge.ask(question)
    except JudgeLostError as error:
        answer = {"problem": str(error)}
    except BaseException:  # cancelled
        judge.end()
        raise
    else:
        _keep(judge, answer)
    if board is not None:
        board.ended.remote(question["label"])
    return json.dumps(answer | {"node": node, "task_s": round(time.monotonic() - start, 4)})


def _keep(judge: JudgeProcess, answer: dict[str, Any]) -> None:
    """Keep a judge for the next task, unless it could not judge: another one may."""
    if "problem" in answer:
        judge.end()
    else:
        _judges.append(judge)


def this_node() -> str:
    """The id of the node that this task runs on."""
    import ray

    return str(ray.get_runtime_context().get_node_id())


def missing_modules(names: list[str]) -> list[str]:
    """Which of these modules this node's Python lacks; a worker also sees those that Ray brings along."""
    code = "import importlib.util as u, sys; print(*[n for n in sys.argv[1:] if u.find_spec(n) is None])"
    asked = subprocess.run(
        [sys.executable, "-I", "-c", code, *names], capture_output=True, text=True, check=True
    )
    return asked.stdout.split()


def _keep_memory_private() -> None:
    """A solution runs as the same user: no other process may look into this one."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


class Board:
    """Knows which jobs run where. An actor that costs nothing and that nothing depends on."""

    def __init__(self) -> None:
        self._running: dict[str, str] = {}

    def started(self, label: str, node: str) -> None:
        """A job has started."""
        self._running[label] = node

    def ended(self, label: str) -> None:
        """A job has ended."""
        self._running.pop(label, None)

    def running(self) -> dict[str, str]:
        """The node of each job that runs; one whose node was lost stays until it has started elsewhere."""
        return dict(self._running)
