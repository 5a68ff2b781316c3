"""Entry point of a warden's process: `python -m grader.warden JOB`, run by `grader.side.warden_client`."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sys
from pathlib import Path

from grader.system import processes
from grader.system.namespaces import forbid_new_namespaces
from grader.system.pids_group import PidsGroup
from grader.system.privileges import forbid_to_children, keep_memory_private
from grader.warden.guard import limit_self
from grader.warden.warden import Warden, serve

CLUSTER_THREADS = 3000  # more than GCS, raylet and agents have, so the guard speaks before the kernel says no


def main() -> None:
    """Guard one side until the judge hangs up, then end it and remove its folder."""
    job = json.loads(sys.argv[1])
    os.setsid()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    # Ctrl-C is the judge's to handle. Not SIG_IGN: driver and workers would inherit it, and Python raises no
    # KeyboardInterrupt then, so `ray.cancel(ref)` would stop no task.
    signal.signal(signal.SIGINT, lambda *_: None)
    os.environ["RAY_AUTH_MODE"], os.environ["RAY_AUTH_TOKEN"] = "token", job["token"]
    processes.become_subreaper()
    keep_memory_private()
    forbid_to_children()
    forbid_new_namespaces()
    group = PidsGroup.join(Path(job["folder"]).name, job["limits"]["threads"] + CLUSTER_THREADS)
    warden = Warden(job)
    limit_self(warden.limits, warden.needs.object_store_mb * 1_000_000)
    sock = socket.socket(fileno=job["fd"])

    def leave(*_: object) -> None:
        raise SystemExit

    signal.signal(signal.SIGTERM, leave)
    try:
        serve(sock, warden)
    finally:
        warden.cluster_down()
        warden.freezing.leave()
        if group is not None:
            group.leave()
        shutil.rmtree(warden.folder.root, ignore_errors=True)


if __name__ == "__main__":
    main()
