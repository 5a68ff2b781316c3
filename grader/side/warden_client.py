"""The judge's end of a side's warden: starts it, asks it, and cleans up after it if it was killed."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil

from grader.errors import ClusterError, ClusterLostError
from grader.inside import kata_wire
from grader.side_spec import ClusterNeeds, Limits, SideFolder
from grader.system import processes
from grader.system.freezer_group import sweep_group
from grader.system.pids_group import sweep_groups

FOLDER_PREFIX = "kata-"
ANSWER_WITHIN_S = 90.0
END_WITHIN_S = 15.0
_OWNER = "owner.json"


class WardenLostError(ClusterLostError):
    """The warden no longer answers: the side it guarded is gone with it."""


def new_folder() -> SideFolder:
    """A folder for a new side, marked with the process it belongs to."""
    base = tempfile.gettempdir()
    if len(base) > 24:  # Ray's socket paths are 80 bytes longer, and 107 are allowed
        base = "/tmp"  # noqa: S108 - mkdtemp makes a private folder
    root = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir=base))
    owner = psutil.Process()
    part = root / f"{_OWNER}.part"
    part.write_text(json.dumps({"pid": owner.pid, "created": owner.create_time()}), encoding="utf-8")
    part.replace(root / _OWNER)  # whole or not there: another grading may be looking for leftovers
    return SideFolder(root)


class WardenClient:
    """Starts a warden for `folder` and passes it requests.

    Args:
        folder: Where the side lives.
        needs: What its cluster has to offer.
        limits: What the solution's processes may use.
        token: Ray's token for this side.
        service_token: Token of the world's server, or None for a side without a world.
        private: Whether no other process of this user may look into driver and workers.
    """

    def __init__(
        self,
        folder: SideFolder,
        needs: ClusterNeeds,
        limits: Limits,
        token: str,
        service_token: str | None,
        *,
        private: bool,
    ) -> None:
        self.folder = folder
        ours, theirs = socket.socketpair()
        job = {
            "folder": str(folder.root),
            "needs": needs.to_plain(),
            "limits": limits.to_plain(),
            "token": token,
            "service_token": service_token,
            "private": private,
            "fd": theirs.fileno(),
        }
        package_root = str(Path(__file__).resolve().parents[2])
        environment = os.environ | {
            "PYTHONPATH": package_root,
            processes.MARKER: "warden",
            "RAY_gcs_rpc_server_reconnect_timeout_s": "10",  # 60 by default, and it blocks
        }
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "grader.warden", json.dumps(job)],  # -P: no imports from here
            env=environment,
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        self._sock = ours
        self._lock = threading.Lock()

    @property
    def pid(self) -> int:
        """The warden's own process."""
        return self._process.pid

    def ask(self, request: str, *args: Any, within_s: float = ANSWER_WITHIN_S) -> Any:
        """The warden's answer.

        Raises:
            WardenLostError: It is dead or does not answer.
            ClusterLostError: The cluster it asked is gone.
            ClusterError: It could not do what was asked; the message says why.
        """
        with self._lock:
            try:
                self._sock.settimeout(within_s)
                kata_wire.send(self._sock, {"do": request, "args": list(args)})
                answer = kata_wire.receive(self._sock, time.monotonic() + within_s)
            except (OSError, EOFError) as error:
                raise WardenLostError(f"the side's warden is gone ({request}: {error!r})") from None
        if "lost" in answer:
            raise ClusterLostError(answer["lost"])
        if "error" in answer:
            raise ClusterError(answer["error"])
        return answer["value"]

    def close(self) -> list[int]:
        """End the side and its warden; returns pids that could not be ended (normally none)."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()
        try:
            self._process.wait(END_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        left: list[int] = []
        if self.folder.root.exists():  # the warden was killed before it could clean up
            left = sweep_side(self.folder.root)
        return left


def sweep_side(root: Path) -> list[int]:
    """End the processes of a side whose warden is gone and remove its folder."""
    sweep_group(root.name)
    left = processes.end_all(lambda: processes.marked(str(root)), adopted=False)
    sweep_group(root.name)
    sweep_groups(root.name)
    shutil.rmtree(root, ignore_errors=True)
    return left


def sweep_leftovers() -> list[Path]:
    """Remove what our killed runs left behind; sides whose judge is alive are not touched.

    Returns:
        The folders that were removed.
    """
    removed = []
    for base in {tempfile.gettempdir(), "/tmp"}:  # noqa: S108 - where `new_folder` may have been
        for root in Path(base).glob(f"{FOLDER_PREFIX}*"):
            if _is_ours(root) and not _owner_alive(root):
                sweep_side(root)
                removed.append(root)
    return removed


def _is_ours(root: Path) -> bool:
    with contextlib.suppress(OSError):
        return root.is_dir() and root.stat().st_uid == os.getuid() and (root / _OWNER).is_file()
    return False


def _owner_alive(root: Path) -> bool:
    with contextlib.suppress(OSError, ValueError, KeyError, psutil.NoSuchProcess):
        owner = json.loads((root / _OWNER).read_text(encoding="utf-8"))
        return bool(abs(psutil.Process(owner["pid"]).create_time() - owner["created"]) < 1.0)
    return False
