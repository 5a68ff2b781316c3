"""The raylet's agents: the cluster's own processes among the raylet's children, which else are workers."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable

import psutil

from grader.system import processes

AGENTS_WITHIN_S = 5.0
N_AGENTS = 2  # the dashboard's (even without a dashboard) and the runtime environments'


def find_agents(vital: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Wait for the agents. Before any line of a solution has run: names can be forged later.

    Args:
        vital: GCS and raylet.
    """
    deadline = time.monotonic() + AGENTS_WITHIN_S
    parents = [process.pid for process in vital]
    while True:
        found = [
            child for parent in parents for child in processes.descendants(parent) if _is_called_agent(child)
        ]
        if len(found) >= N_AGENTS or time.monotonic() > deadline:
            return found
        time.sleep(0.02)


def _is_called_agent(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return any("agent" in word.lower() for word in process.cmdline()[:3])
    return False
