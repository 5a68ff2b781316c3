"""The small Ray cluster of one side: its environment, its `ray start`, and when it is ready.

Runs in a side's warden. Everything the cluster writes goes below the side's folder; nothing in the
user's home or in Ray's default folder is touched.
"""

from __future__ import annotations

import json
import os
import site
import subprocess
import sys
import time

from grader.errors import ClusterError
from grader.side_spec import ClusterNeeds, SideFolder
from grader.system.processes import MARKER

START_WITHIN_S = 60.0
VITAL_PROCESSES = frozenset({"gcs_server", "raylet"})
TASK_EVENTS_INTERVAL_MS = 25  # soon enough to know what a task did; a process without news sends nothing
_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "SYSTEMROOT")
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
# With grpcio installed, `ray start` would also open a Ray Client server, always on port 10001: two sides, or
# anyone else's cluster, would clash. Hiding grpc from this one process is the only way to prevent that.
# And `ray start` waits for the dashboard's server, a Python process that runs without a dashboard too, before
# it starts the raylet. Nothing here asks that server for anything.
_RAY_CLI = """
import sys
sys.modules["grpc"] = None
from ray._private.node import Node
Node.start_api_server = lambda *_, **__: None
from ray.scripts.scripts import main
main()
"""
# Ray's workers run at nice 15 by default and would starve next to anything that keeps the machine busy.
_SYSTEM_CONFIG = {
    "task_events_report_interval_ms": TASK_EVENTS_INTERVAL_MS,
    "raylet_report_resources_period_milliseconds": 25,  # how soon free CPUs show
    "free_objects_period_milliseconds": 50,  # unneeded objects leave the store soon, so charts show it
    "idle_worker_killing_time_threshold_ms": 5000,
    "worker_niceness": 0,
}


def side_environment(folder: SideFolder, token: str, service_token: str | None) -> dict[str, str]:
    """The whole environment of a side's processes; only program paths come from the judge's."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    service = {"KATA_SERVICE": f"{folder.world_socket}|{service_token}"} if service_token else {}
    return {
        **kept,
        **service,
        **dict.fromkeys(_ONE_THREAD, "1"),
        MARKER: str(folder.root),
        "HOME": str(folder.home),
        "TMPDIR": str(folder.home),
        "PYTHONUSERBASE": site.getuserbase(),
        "PYTHONPATH": os.pathsep.join((str(folder.work), str(folder.inside))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "KATA_STACKS": str(folder.stacks),
        "RAY_TMPDIR": str(folder.ray),
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": token,
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # uv would ship the folder and rebuild environments
    }


def start_cluster(
    folder: SideFolder, environment: dict[str, str], needs: ClusterNeeds
) -> subprocess.Popen[bytes]:
    """Start the head node; it runs until it is killed."""
    command = [
        sys.executable, "-c", _RAY_CLI, "start", "--head", "--block",
        "--port=0", "--node-ip-address=127.0.0.1",
        "--include-dashboard=false", "--include-log-monitor=false", "--disable-usage-stats",
        "--no-monitor",  # the autoscaler: a second of CPU at the start, with nothing to scale
        f"--num-cpus={needs.num_cpus}",
        f"--object-store-memory={needs.object_store_mb * 1_000_000}",
        f"--resources={json.dumps(needs.resources)}",
        f"--temp-dir={folder.ray}",
        f"--system-config={json.dumps(_SYSTEM_CONFIG)}",
    ]  # fmt: skip
    output = (folder.root / "ray_start.txt").open("wb")
    return subprocess.Popen(
        command,
        env=environment,
        cwd=folder.home,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
    )


def await_address(folder: SideFolder, process: subprocess.Popen[bytes]) -> str:
    """The GCS's `host:port`, once `ray start` has announced it.

    Raises:
        ClusterError: It ended or took longer than START_WITHIN_S; the message quotes its last output.
    """
    announced = folder.ray / "ray_current_cluster"
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline:
        if announced.exists() and (address := announced.read_text().strip()):
            return address
        if process.poll() is not None:
            break
        time.sleep(0.02)
    ended = process.poll()
    how = "is still running" if ended is None else f"ended with status {ended}"
    tail = (folder.root / "ray_start.txt").read_text(errors="replace")[-1500:]
    raise ClusterError(
        f"the Ray cluster did not start within {START_WITHIN_S:.0f} s: `ray start` {how}.\n"
        f"{tail.rstrip()}\nNext: python grade.py doctor"
    )
