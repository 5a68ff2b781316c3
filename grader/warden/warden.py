"""Serves the judge's requests about one side: starts its cluster and driver, looks into it, and ends it.

The warden is the side's child subreaper, so nothing below it can get away. It ends the side when the judge's
end of their socket pair closes, which happens however the judge dies. It shares the cluster's token, so the
code that reads the cluster runs here.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import psutil

from grader.errors import ClusterLostError, GraderError
from grader.inside import kata_wire
from grader.side_spec import ClusterNeeds, Limits, SideFolder
from grader.system import processes
from grader.system.freezer_group import FreezerGroup
from grader.system.handle import held
from grader.system.scheduling import own_schedule, rescheduled
from grader.tables import to_plain
from grader.warden.agents import find_agents
from grader.warden.cluster import VITAL_PROCESSES, await_address, side_environment, start_cluster
from grader.warden.failed_checks import FAILED_CHECK_STATUS, RayLogs
from grader.warden.freezing import Freezing
from grader.warden.guard import Guard
from grader.warden.output import Output
from grader.warden.printed import Printed
from grader.warden.stacks import dump_stacks
from grader.warden.workers import Workers

DIES_WITHIN_S = 5.0


class Warden:
    """Serves the judge's requests about one side."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.folder = SideFolder(Path(job["folder"]))
        self.environment = side_environment(self.folder, job["token"], job["service_token"])
        if job["private"]:
            self.environment["KATA_PRIVATE"] = "1"
        self.needs = ClusterNeeds(**job["needs"])
        self.cluster: subprocess.Popen[bytes] | None = None
        self.address = ""
        self.driver: subprocess.Popen[bytes] | None = None
        self.output: Output | None = None
        self._printed = Printed(self.folder.ray)
        self._ray_logs = RayLogs(self.folder.ray)
        self._driver_down_s = 0.0
        self.limits = Limits(**job["limits"])
        self._guard: Guard | None = None
        group = None if job["private"] else FreezerGroup.make(self.folder.root.name)  # it is never frozen
        self.freezing = Freezing(self._family, group)
        own_schedule()
        self._state: Any = None
        self._vital: list[psutil.Process] = []
        self._workers: Workers | None = None
        self._agents: list[psutil.Process] = []
        self._idle_bytes = 0

    def cluster_up(self) -> str:
        """Start the cluster; returns its address once it can be used."""
        self.folder.ray.mkdir(exist_ok=True)
        self.cluster = start_cluster(self.folder, self.environment, self.needs)
        self.freezing.add(self.cluster.pid)
        self.address = await_address(self.folder, self.cluster)
        self._vital = [p for p in processes.descendants(self.cluster.pid) if p.name() in VITAL_PROCESSES]
        self._agents, self._idle_bytes = find_agents(self._vital), _heap(self._vital)
        self._workers = Workers((p for p in self._vital if p.name() == "raylet"), self._agents)
        self._workers.start()
        store_bytes = self.needs.object_store_mb * 1_000_000
        self._guard = Guard(self.limits, store_bytes, self.folder.root, self._solutions, self._vital)
        self._guard.start()
        self.freezing.lookouts = (self._guard, self._workers)
        return self.address

    def cluster_down(self) -> list[int]:
        """End every process of the side; returns the pids that are left (normally none)."""
        if self._guard is not None:
            self._guard.stop()
            self._guard = None
        if self._workers is not None:
            self._workers.stop()
            self._workers = None
        if self._state is not None:
            self._state.close()
            self._state = None
        self.freezing.kill_group()
        left = processes.end_all(self._family, adopted=True)
        for ended in (self.cluster, self.driver):
            if ended is not None:
                ended.returncode = ended.returncode or -signal.SIGKILL  # reaped by the sweep
        self.cluster = self.driver = None
        shutil.rmtree(self.folder.ray, ignore_errors=True)
        return left

    def driver_up(self, token: str) -> int:
        """Start a driver; it will introduce itself at the judge's socket with `token`."""
        job = {
            "work": str(self.folder.work),
            "inside": str(self.folder.inside),
            "stacks": str(self.folder.stacks),
            "socket": str(self.folder.judge_socket),
            "token": token,
        }
        self.driver = subprocess.Popen(
            [sys.executable, "-I", "-B", "-u", str(self.folder.inside / "driver.py"), json.dumps(job)],
            env=self.environment,
            cwd=self.folder.work,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.freezing.add(self.driver.pid)
        self.output = Output(self.driver.stdout, self._printed.driver)
        return self.driver.pid

    def driver_down(self) -> None:
        """Kill the driver and what it started."""
        if self.driver is None:
            return
        self._driver_down_s = time.time()
        if self.driver.poll() is None:
            with contextlib.suppress(psutil.Error, OSError):
                self.driver.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.driver.wait(5)
        self.driver = None
        self._end_workers()
        processes.end_all(self._strays, adopted=True)

    def _end_workers(self) -> None:
        """End the workers of a driver that is gone: Ray asks them to exit, and some refuse.

        One that Ray has not heard from yet is left alone: Ray would wait a minute for it and start no other.
        """
        with contextlib.suppress(GraderError):
            registered = set(self._cluster_state().worker_pids())
            own = [child for vital in self._vital for child in processes.children(vital.pid)]
            processes.signal_all([p for p in own if p.pid in registered], signal.SIGKILL)

    def driver_has_ended(self) -> bool:
        """Whether no driver is running."""
        return self.driver is None or self.driver.poll() is not None

    def driver_status(self) -> int | None:
        """Exit status of a driver that has ended by itself, after waiting a moment for it."""
        if self.driver is None:
            return None
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.driver.wait(1.0)
        return None

    def driver_failed_check(self) -> str:
        """The check in Ray's own code that ended the driver; empty if something else did, or nothing.

        Without its cluster, Ray's checks fail because of what happened to the cluster.
        """
        if (
            self.driver is None
            or self.driver_status() != FAILED_CHECK_STATUS
            or not self._cluster_is_moving()
        ):
            return ""
        return self._ray_logs.of_driver(self.driver.pid)

    def workers_failed_check(self, since_s: float) -> str:
        """A check in Ray's own code that ended a worker after the given moment (epoch seconds); or empty.

        Nobody is told the status of a worker's end, not even Ray: so it has to be one that the cluster knew.
        What fails once its driver has been ended is a consequence of that.
        """
        until_s = self._driver_down_s if self._driver_down_s > since_s else math.inf
        found = dict(self._ray_logs.of_workers(since_s, until_s)) if self._cluster_is_moving() else {}
        if not found:
            return ""
        known = set(self.look(["worker_pids"])["worker_pids"])
        ended = (pid for pid in found if pid in known and not psutil.pid_exists(pid))
        return next((found[pid] for pid in ended), "")

    def said(self) -> dict[str, Any]:
        """The end of what the driver printed, and how much it printed."""
        if self.output is None:
            return {"tail": "", "total_bytes": 0}
        return {"tail": self.output.tail(), "total_bytes": self.output.total_bytes}

    def printed_mark(self) -> dict[str, int]:
        """How much the solution has printed by now: see `grader.warden.printed`."""
        return self._printed.mark()

    def printed_since(self, mark: dict[str, int]) -> str:
        """What driver and workers have printed after a mark."""
        return self._printed.since(mark)

    def printed_news(self, mark: dict[str, int], to_the_end: bool) -> list[Any]:
        """What driver and workers have printed after a mark, by process, and the next mark."""
        pieces, after = self._printed.news(mark, to_the_end=to_the_end)
        return [[list(piece) for piece in pieces], after]

    def look(self, names: list[str]) -> dict[str, Any]:
        """Tables of the cluster by name, as plain data: see `grader.tables`.

        Asking a GCS that is gone or stopped blocks for a long time, so its process is checked first.
        """
        state = self._cluster_state()
        found = {name: to_plain(getattr(state, name)()) for name in names}
        if self._workers is not None and "worker_pids" in found:  # Ray's own table is not to be trusted
            found["worker_pids"] = self._workers.pids(registered=found["worker_pids"])
        return found

    def _cluster_state(self) -> Any:
        """Reads the cluster, which has to be there.

        Raises:
            ClusterLostError: It is not.
        """
        if not self._cluster_is_moving():
            raise ClusterLostError("a process of the cluster itself, GCS or raylet, is gone or was stopped")
        if self._state is None:
            from grader.warden.ray_state import ClusterState

            self._state = ClusterState(self.address)
        return self._state

    def _cluster_is_moving(self) -> bool:
        """Whether GCS and raylet are running and have not been stopped."""
        return (
            not self.freezing.is_on and bool(self._vital) and all(processes.is_moving(p) for p in self._vital)
        )

    def stacks(self, pids: list[int]) -> dict[str, str]:
        """What processes of the side are doing, by pid: see `grader.warden.stacks`."""
        own = {p.pid for p in self._family()}  # the cluster says which pids; what it says may be forged
        return dump_stacks(self.folder.stacks, [pid for pid in pids if pid in own])

    def freeze(self) -> bool:
        """Stop every process of the side where it stands; whether all are known to stand."""
        return self.freezing.freeze()

    def thaw(self) -> None:
        """Let every process of the side continue."""
        self.freezing.thaw()

    def rescheduled(self) -> str:
        """What has changed in how the side and its guard are scheduled: see `grader.system.scheduling`."""
        return rescheduled([os.getpid(), *(p.pid for p in self._family())], own_schedule())

    def solution_pids(self) -> list[int]:
        """The driver, the Ray workers and whatever they started: all processes except the cluster's own."""
        return [p.pid for p in self._solutions()]

    def cluster_memory(self) -> dict[str, Any]:
        """GCS and raylet: their "pids", what their heaps hold, "bytes", and held when they were idle."""
        return {
            "pids": [p.pid for p in self._vital],
            "bytes": _heap(self._vital),
            "idle_bytes": self._idle_bytes,
        }

    def limits_broken(self) -> list[str]:
        """What the guard ended since the last time, and why: see `grader.warden.guard`."""
        return self._guard.take_broken() if self._guard is not None else []

    def kill(self, pid: int) -> bool:
        """Kill one of the solution's processes and see it dead; False if it is none, or does not die."""
        with held(pid, before_s=time.time()) as process:
            is_own = pid in self.solution_pids() and not process.has_ended()
            return is_own and process.dies(DIES_WITHIN_S)

    def _solutions(self) -> list[psutil.Process]:
        own = [p.pid for p in (self.driver, self.cluster) if p is not None]
        processes.reap_zombies(os.getpid(), own)  # adopted ones: nothing else does, and they would count
        family = self._family()
        if self.cluster is None:
            return family
        return [p for p in family if not self._is_the_clusters(p)]

    def _is_the_clusters(self, process: psutil.Process) -> bool:
        """Whether a process is `ray start`, what it started itself, or one of the raylet's agents."""
        assert self.cluster is not None
        with contextlib.suppress(psutil.Error):
            return process in self._agents or self.cluster.pid in (process.pid, process.ppid())
        return False

    def _family(self) -> list[psutil.Process]:
        """Every process of the side except the warden itself."""
        own = processes.descendants(os.getpid())
        if not sys.platform.startswith("linux"):
            known = {p.pid for p in own} | {os.getpid()}
            own += [p for p in processes.marked(str(self.folder.root)) if p.pid not in known]
        return own

    def _strays(self) -> list[psutil.Process]:
        """Processes of the side that are neither the cluster's own nor its workers.

        The cluster is looked at last: a Ray worker that starts in between must not be mistaken for a stray.
        Ray would wait a minute for it and start no other in its place.
        """
        family = self._family()
        if self.cluster is None:
            return family
        rays = {self.cluster.pid}
        for parent in (self.cluster.pid, *(p.pid for p in self._vital)):
            rays |= {child.pid for child in processes.children(parent)}
        rays |= {p.pid for agent in self._agents for p in processes.descendants(agent.pid)}
        return [p for p in family if p.pid not in rays]


def _heap(found: list[psutil.Process]) -> int:
    return sum(processes.anonymous_bytes(process.pid) for process in found)


REQUESTS = {
    name: value for name, value in vars(Warden).items() if callable(value) and not name.startswith("_")
}


def serve(sock: socket.socket, warden: Warden) -> None:
    """Answer requests until the judge hangs up."""
    while True:
        try:
            request = kata_wire.receive(sock)
        except (EOFError, OSError):
            return
        try:
            answer = {"value": REQUESTS[request["do"]](warden, *request["args"])}
        except ClusterLostError as error:
            answer = {"lost": str(error)}
        except GraderError as error:
            answer = {"error": str(error)}
        except Exception:  # noqa: BLE001 - the judge decides what a failed look means
            answer = {"error": traceback.format_exc(limit=-3)}
        kata_wire.send(sock, answer)
