r"""The process above one side: starts its cluster and driver, looks into it, ends all of it.

    judge -- stdin/stdout frames --> warden --> ray start --> gcs, raylet --> workers
                                           \-> driver (the solution)

The warden is the side's child subreaper, so nothing below it can get away, and it ends the side when its
standard input closes: that happens however the judge dies. It shares the cluster's token, so the probes
run here. It never imports the solution.
"""

from __future__ import annotations

import collections
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

import psutil

from grader import processes
from grader.cluster import ClusterNeeds, SideFolder, await_address, side_environment, start_cluster
from grader.errors import ClusterError, GraderError
from grader.inside import kata_wire

OUTPUT_KEPT_BYTES = 64 * 1024
STACKS_WITHIN_S = 1.0
_VITAL_PROCESSES = frozenset({"gcs_server", "raylet"})


class Output:
    """Drains a process's output; keeps its end and counts the rest."""

    def __init__(self, pipe: Any) -> None:
        self.total_bytes = 0
        self._kept: collections.deque[bytes] = collections.deque()
        self._kept_bytes = 0
        self._thread = threading.Thread(target=self._drain, args=(pipe,), daemon=True)
        self._thread.start()

    def _drain(self, pipe: Any) -> None:
        while chunk := os.read(pipe.fileno(), 65536):
            self.total_bytes += len(chunk)
            self._kept.append(chunk)
            self._kept_bytes += len(chunk)
            while self._kept_bytes > OUTPUT_KEPT_BYTES and len(self._kept) > 1:
                self._kept_bytes -= len(self._kept.popleft())

    def tail(self) -> str:
        """The last words, at most OUTPUT_KEPT_BYTES of them."""
        return b"".join(list(self._kept)).decode(errors="replace")[-OUTPUT_KEPT_BYTES:]


class Warden:
    """Serves the judge's requests about one side."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.folder = SideFolder(Path(job["folder"]))
        self.environment = side_environment(self.folder, job["token"], job["service_token"])
        self.needs = ClusterNeeds(**job["needs"])
        self.cluster: subprocess.Popen[bytes] | None = None
        self.address = ""
        self.driver: subprocess.Popen[bytes] | None = None
        self.output: Output | None = None
        self._state: Any = None
        self._vital: list[psutil.Process] = []

    def cluster_up(self) -> str:
        """Start the cluster; returns its address once it can be used."""
        self.folder.ray.mkdir(exist_ok=True)
        self.cluster = start_cluster(self.folder, self.environment, self.needs)
        self.address = await_address(self.folder, self.cluster)
        self._vital = [p for p in processes.descendants(self.cluster.pid) if p.name() in _VITAL_PROCESSES]
        return self.address

    def cluster_down(self) -> list[int]:
        """End every process of the side; what is left over is returned (normally nothing)."""
        if self._state is not None:
            self._state.close()
            self._state = None
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
        self.output = Output(self.driver.stdout)
        return self.driver.pid

    def driver_down(self) -> int | None:
        """Kill the driver and what it started; returns the exit status it had ended with before."""
        if self.driver is None:
            return None
        ended = self.driver.poll()
        if ended is None:
            with contextlib.suppress(psutil.Error, OSError):
                self.driver.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.driver.wait(5)
        processes.end_all(self._strays, adopted=True)
        self.driver = None
        return ended

    def driver_status(self) -> int | None:
        """Exit status of a driver that has ended by itself, after a moment's wait for it."""
        if self.driver is None:
            return None
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.driver.wait(1.0)
        return None

    def said(self) -> dict[str, Any]:
        """The end of what the driver printed, and how much it printed."""
        if self.output is None:
            return {"tail": "", "total_bytes": 0}
        return {"tail": self.output.tail(), "total_bytes": self.output.total_bytes}

    def look(self, parts: list[str]) -> dict[str, Any]:
        """The named tables of the cluster: see `grader.ray_state.ClusterState`.

        Asking a GCS that is gone blocks for long, so its process is looked at first.
        """
        if not self._vital or not all(processes.is_running(p) for p in self._vital):
            raise ClusterError("a process of the cluster itself is gone: GCS or raylet")
        if self._state is None:
            from grader.ray_state import ClusterState

            self._state = ClusterState(self.address)
        return {part: getattr(self._state, part)() for part in parts}

    def stacks(self, pids: list[int]) -> dict[str, str]:
        """What each process's threads are doing, as `faulthandler` writes it; keys are pids."""
        files = {pid: self.folder.stacks / f"{pid}.txt" for pid in pids}
        before = {pid: f.stat().st_size if f.exists() else -1 for pid, f in files.items()}
        waiting = {pid for pid, size in before.items() if size >= 0}
        for pid in waiting:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGUSR1)
        deadline = time.monotonic() + STACKS_WITHIN_S
        while waiting and time.monotonic() < deadline:
            time.sleep(0.02)
            waiting = {pid for pid in waiting if files[pid].stat().st_size == before[pid]}
        time.sleep(0.02)  # the last lines of a dump that has begun
        return {
            str(pid): files[pid].read_bytes()[before[pid] :].decode(errors="replace")
            for pid in pids
            if before[pid] >= 0
        }

    def freeze(self) -> None:
        """Stop every process of the side where it stands."""
        processes.signal_all(self._family(), signal.SIGSTOP)

    def thaw(self) -> None:
        """Let every process of the side go on."""
        processes.signal_all(self._family(), signal.SIGCONT)

    def usage(self) -> dict[str, float]:
        """Memory and processes of the whole side: `rss_bytes`, `processes`."""
        rss = 0
        family = self._family()
        for process in family:
            with contextlib.suppress(psutil.Error):
                rss += process.memory_info().rss
        return {"rss_bytes": rss, "processes": len(family)}

    def _family(self) -> list[psutil.Process]:
        """Every process of the side but the warden itself."""
        own = processes.descendants(os.getpid())
        if not sys.platform.startswith("linux"):
            known = {p.pid for p in own} | {os.getpid()}
            own += [p for p in processes.marked(str(self.folder.root)) if p.pid not in known]
        return own

    def _strays(self) -> list[psutil.Process]:
        """Processes of the side that do not belong to the cluster.

        The cluster is looked at last: a Ray worker that starts in between must not be taken for a stray. Ray
        would wait a minute for it, and start no other in its place.
        """
        family = self._family()
        if self.cluster is None:
            return family
        rays = {self.cluster.pid} | {p.pid for p in processes.descendants(self.cluster.pid)}
        return [p for p in family if p.pid not in rays]


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
        except GraderError as error:
            answer = {"error": str(error)}
        except Exception:  # noqa: BLE001 - the judge decides what a failed look means
            answer = {"error": traceback.format_exc(limit=-3)}
        kata_wire.send(sock, answer)


def main() -> None:
    """Guard one side until the judge hangs up, then end it and remove its folder."""
    job = json.loads(sys.argv[1])
    os.setsid()
    for signum in (signal.SIGINT, signal.SIGHUP):  # Ctrl-C is the judge's to handle
        signal.signal(signum, signal.SIG_IGN)
    os.environ["RAY_AUTH_MODE"], os.environ["RAY_AUTH_TOKEN"] = "token", job["token"]
    processes.become_subreaper()
    warden = Warden(job)
    sock = socket.socket(fileno=job["fd"])

    def leave(*_: object) -> None:
        raise SystemExit

    signal.signal(signal.SIGTERM, leave)
    try:
        serve(sock, warden)
    finally:
        warden.cluster_down()
        shutil.rmtree(warden.folder.root, ignore_errors=True)


if __name__ == "__main__":
    main()
