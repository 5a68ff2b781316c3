"""What a side stands on: its folder, the warden with the cluster, the world's server, the drivers' socket.

It lives and dies as a whole. A side that loses it (the warden was killed, the cluster is lost, something
detached refuses to go away) gets a new one.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import time
from pathlib import Path

from grader.catalogue.submission import Submission
from grader.errors import ClusterError
from grader.side.cleanliness import CLEAN_TABLES, nothing_is_left, something_is_detached
from grader.side.driver_link import DriverLink
from grader.side.failure_causes import stacks_of
from grader.side.staging import laid_out, prepare_folder, stage
from grader.side.warden_client import WardenClient, new_folder
from grader.side_spec import ClusterNeeds, Limits
from grader.tables import TableName, Tables
from grader.world.outside import OutsideWorld
from grader.world.server import WorldServer

CLEAN_WITHIN_S = 5.0


class Rig:
    """A new folder with a warden and a place to meet the driver; the cluster is started by `cluster_up`.

    Args:
        needs: What the cluster has to offer.
        limits: What the solution's processes may use.
        with_world: Whether `service.py` asks a world in the judge.
        world: The one to start with.
        private: Whether no other process of this user may look into driver and workers.

    Raises:
        ClusterError: The folder cannot be prepared.
    """

    def __init__(
        self,
        needs: ClusterNeeds,
        limits: Limits,
        *,
        with_world: bool,
        world: OutsideWorld | None,
        private: bool = False,
    ) -> None:
        self.needs = needs
        self.address = ""
        self._laid_out: dict[str, tuple[int, int]] = {}
        self.server: WorldServer | None = None
        folder = new_folder()
        try:
            prepare_folder(folder)
            if with_world:
                self.server = WorldServer(folder.world_socket)
                self.server.world = world
            self.link = DriverLink(folder.judge_socket)
        except OSError as error:
            shutil.rmtree(folder.root, ignore_errors=True)
            raise ClusterError(
                f"{folder.root}: cannot be prepared for a cluster: {error}. Is the disk full?"
            ) from None
        token = self.server.token if self.server else None
        self.warden = WardenClient(folder, needs, limits, secrets.token_hex(16), token, private=private)
        if self.server is not None:
            self.server.above = self.warden.pid

    def stage(self, submission: Submission, challenge: Path) -> None:
        """Lay out a solution and the challenge's own modules where driver and workers import them.

        Raises:
            ClusterError: They cannot be written.
        """
        try:
            stage(self.warden.folder, submission, challenge)
            self._laid_out = laid_out(self.warden.folder)
        except OSError as error:
            raise ClusterError(f"a solution could not be laid out: {error}") from None

    def touched(self) -> list[str]:
        """What somebody has touched, of all that driver and workers import, since it was laid out."""
        try:
            now = laid_out(self.warden.folder)
        except OSError as error:
            return [str(error)]
        return sorted(path for path, _ in now.items() ^ self._laid_out.items())

    def driver_up(self) -> int:
        """Start a driver process, which will introduce itself at the link; returns its pid."""
        pid: int = self.warden.ask("driver_up", self.link.new_token())
        return pid

    def cluster_up(self) -> None:
        """Start the cluster.

        Raises:
            ClusterError: It did not start.
        """
        self.address = self.warden.ask("cluster_up")

    def close(self) -> list[int]:
        """End all of it; returns pids that could not be ended (normally none)."""
        self.link.close()
        left = self.warden.close()
        if self.server is not None:
            self.server.close()
        return left

    def look(self, *names: TableName) -> Tables:
        """Tables of the cluster as they are now."""
        return Tables(self.warden.ask("look", list(names)))

    def becomes_clean(self, within_s: float = CLEAN_WITHIN_S) -> bool:
        """Wait for the cluster to be clean; a cluster that does not answer is not.

        Ray leases workers for a moment longer than their tasks run, so this takes up to about a second
        even after a call that left nothing behind.
        """
        deadline = time.monotonic() + within_s
        while True:
            with contextlib.suppress(ClusterError):
                if nothing_is_left(self.look(*CLEAN_TABLES), self.needs.num_cpus):
                    return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)

    def recovers(self) -> bool:
        """Wait for the cluster to get rid of a dead driver's work; False if it does not."""
        try:
            if something_is_detached(self.look(*CLEAN_TABLES)):
                return False
        except ClusterError:
            return False
        return self.becomes_clean()

    def stacks_of(self, pids: list[int]) -> dict[int, str]:
        """What processes of the side are doing, as `faulthandler` writes it."""
        return stacks_of(self.warden, pids)

    def printed_mark(self) -> dict[str, int]:
        """How much the solution has printed by now, for `printed`; empty when the warden is gone."""
        with contextlib.suppress(ClusterError):
            return dict(self.warden.ask("printed_mark"))
        return {}

    def printed(self, mark: dict[str, int]) -> str:
        """What the solution has printed since a mark; empty when that was another rig's."""
        with contextlib.suppress(ClusterError):
            return str(self.warden.ask("printed_since", mark))
        return ""

    def workers_failed_check(self, since_s: float) -> str:
        """The check in Ray's own code that ended a worker since then (epoch seconds); empty if none did."""
        with contextlib.suppress(ClusterError):
            return str(self.warden.ask("workers_failed_check", since_s))
        return ""

    def printed_news(
        self, mark: dict[str, int], *, to_the_end: bool = False
    ) -> tuple[list[tuple[int, str]], dict[str, int]]:
        """What was printed since a mark, by the worker's pid, 0 for the driver; and the next mark."""
        with contextlib.suppress(ClusterError):
            pieces, after = self.warden.ask("printed_news", mark, to_the_end)
            return [(int(pid), str(text)) for pid, text in pieces], dict(after)
        return [], mark
