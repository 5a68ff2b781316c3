"""One side: a cluster, a driver with the solution, and the world they ask.

A side is mechanism only: it answers calls or says how the solution failed to. It is rebuilt as far as
needed after whatever a solution does to it: a hang or crash replaces the driver; a cluster that is not
clean after that is replaced too; if the warden itself was taken down, all of it is.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grader.cluster import ClusterNeeds
from grader.collaborator import Collaborator, WorldServer
from grader.driver_link import (
    CONNECT_WITHIN_S,
    TRANSFER_WITHIN_S,
    DriverLink,
    understood,
)
from grader.errors import ClusterError, GradingError
from grader.hangs import CLUSTER_STALLED
from grader.inside import kata_wire
from grader.observation import (
    ClusterStalled,
    NotLoadable,
    Observation,
    SolutionCrashed,
    SolutionTimeout,
)
from grader.post_mortem import explain_death, explain_hang
from grader.staging import prepare_folder, stage
from grader.submission import Submission
from grader.warden_client import WardenClient, WardenLostError, new_folder

LOAD_WITHIN_S = 15.0
HANGS_BEFORE_IMPATIENCE = 2
PLAIN_DEADLINE_S = 6.0
CLEAN_WITHIN_S = 5.0


class Side:
    """A cluster and a driver for one solution at a time.

    Args:
        needs: What the cluster has to offer.
        with_world: Whether the collaborator asks a world in the judge; without, it serves itself.
    """

    def __init__(self, needs: ClusterNeeds, *, with_world: bool = True) -> None:
        self.needs = needs
        self.address = ""
        self.driver_pid = 0
        self.cluster_starts = 0
        self.called_s = 0.0  # spent in calls into the solution: the rest is the grader's own
        self._with_world = with_world
        self._server: WorldServer | None = None
        self._warden: WardenClient | None = None
        self._link: DriverLink | None = None
        self._loaded = False
        self._submission: Submission | None = None
        self._challenge: Path | None = None
        self._not_loadable: NotLoadable | None = None
        self._load_failures = 0
        self._timeouts = 0

    # -- life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Bring up warden, driver process and cluster; the driver starts while the cluster does.

        Raises:
            ClusterError: The cluster did not start.
        """
        folder = new_folder()
        try:
            prepare_folder(folder)
            if self._with_world:
                world = self._server.world if self._server else None
                self._server = WorldServer(folder.world_socket)
                self._server.world = world
            self._link = DriverLink(folder.judge_socket)
        except OSError as error:
            shutil.rmtree(folder.root, ignore_errors=True)
            raise ClusterError(
                f"{folder.root}: cannot be prepared for a cluster: {error}. Is the disk full?"
            ) from None
        token = self._server.token if self._server else None
        self._warden = WardenClient(folder, self.needs, secrets.token_hex(16), token)
        if self._submission is not None:
            self._stage()
        self._driver_up()
        self.address = self.warden.ask("cluster_up")
        self.cluster_starts += 1

    def close(self) -> list[int]:
        """End the side; returns pids that could not be ended (normally none)."""
        if self._link is not None:
            self._link.close()
        self._loaded = False
        left = self._warden.close() if self._warden else []
        self._warden = None
        if self._server is not None:
            self._server.close()
        return left

    def use(self, submission: Submission, challenge: Path) -> None:
        """From now on serve this solution; what an earlier one left in the driver or on disk is gone."""
        if self._submission is not None and self._warden is not None:
            self._drop_driver()
            self._ensure_clean()
        self._submission, self._challenge = submission, challenge
        self._not_loadable, self._load_failures, self._timeouts = None, 0, 0
        if self._warden is not None:
            self._stage()

    @property
    def is_started(self) -> bool:
        """Whether it has a cluster."""
        return self._warden is not None

    def _stage(self) -> None:
        assert self._submission is not None
        assert self._challenge is not None
        stage(self.warden.folder, self._submission, self._challenge)

    @property
    def warden(self) -> WardenClient:
        """The side's warden; the side has to be started."""
        if self._warden is None:
            raise GradingError("the side is not started")
        return self._warden

    @property
    def link(self) -> DriverLink:
        """The connection to the driver; the side has to be started."""
        if self._link is None:
            raise GradingError("the side is not started")
        return self._link

    @property
    def has_world(self) -> bool:
        """Whether its collaborator asks a world in the judge."""
        return self._server is not None

    @property
    def server(self) -> WorldServer:
        """The server of this side's world."""
        if self._server is None:
            raise GradingError("this side has no world")
        return self._server

    def set_world(self, world: Collaborator | None) -> None:
        """What the collaborator asks from now on."""
        self.server.world = world

    # -- cluster ---------------------------------------------------------------------------------

    def _restart(self) -> None:
        """Replace the whole side: nothing is known of the state it is in."""
        self.close()
        self.start()

    def look(self, *parts: str) -> dict[str, Any]:
        """Tables of the cluster as plain data: see `grader.ray_state.ClusterState`."""
        answer: dict[str, Any] = self.warden.ask("look", list(parts))
        return answer

    def is_clean(self) -> bool:
        """Whether every logical CPU is free and no actor or placement group is left."""
        seen = self.look("nodes", "available", "actors", "placement_groups")
        free = sum(node.get("CPU", 0.0) for node in seen["available"].values())
        alive = [a for a in seen["actors"] if a["state"] != "DEAD"]
        return free >= self.needs.num_cpus and not alive and not seen["placement_groups"]

    def becomes_clean(self, within_s: float = CLEAN_WITHIN_S) -> bool:
        """Wait for the cluster to be clean; a cluster that does not answer is not.

        Ray lends workers for a moment longer than their tasks run, so this takes up to about a second
        after a call that left nothing behind.
        """
        deadline = time.monotonic() + within_s
        while True:
            with contextlib.suppress(ClusterError):
                if self.is_clean():
                    return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)

    def _ensure_clean(self) -> None:
        """Wait for the cluster to get rid of a dead driver's work; else replace the side."""
        if self._outlives_its_driver() or not self.becomes_clean():
            self._restart()

    def _outlives_its_driver(self) -> bool:
        """Whether waiting for the cluster to become clean is in vain."""
        try:
            seen = self.look("actors", "placement_groups")
        except ClusterError:
            return True
        detached = any(a["detached"] and a["state"] != "DEAD" for a in seen["actors"])
        return detached or any(group["detached"] for group in seen["placement_groups"])

    # -- driver ----------------------------------------------------------------------------------

    def _driver_up(self) -> None:
        self.driver_pid = self.warden.ask("driver_up", self.link.new_token())

    def _drop_driver(self) -> None:
        self.link.hang_up()
        self._loaded = False
        self.driver_pid = 0
        with contextlib.suppress(WardenLostError):
            self.warden.ask("driver_down")

    def recover(self) -> None:
        """After a hang or crash: a new driver at the next call, on a cluster that is clean."""
        self._drop_driver()
        self._ensure_clean()

    def ready(self) -> None:
        """Have a driver that has imported the solution.

        Raises:
            NotLoadable: The solution cannot be imported.
        """
        if self._not_loadable is not None:
            raise self._not_loadable
        if self._loaded:
            return
        if self._submission is not None and self._submission.problem:
            self._not_loadable = NotLoadable(self._submission.problem)
            raise self._not_loadable
        if not self.link.is_connected:
            if not self.driver_pid:
                self._driver_up()
            self.link.accept()
            self._join_cluster()
        try:
            self._exchange({"do": "load"}, LOAD_WITHIN_S)
        except Observation as seen:
            self._load_failed(seen)
        self._loaded = True

    def _join_cluster(self) -> None:
        """Have the driver join the cluster; no line of the solution has run before."""
        try:
            self._exchange({"do": "connect", "address": self.address}, CONNECT_WITHIN_S)
        except Observation as seen:
            raise ClusterError(f"a driver could not join its cluster: {seen.message}") from None

    def _load_failed(self, seen: Observation) -> None:
        """Try an import that crashed once more, then take it as a fact about the solution."""
        self._load_failures += 1
        if self._load_failures < 2 and isinstance(seen, SolutionCrashed):
            self.ready()
            return
        self._not_loadable = NotLoadable(f"solution.py cannot be imported: {seen.message}", seen.outcome)
        raise self._not_loadable from None

    def prepare(
        self, module: str, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Callable[[float], Any]:
        """Bring a call's arguments to the driver.

        Args:
            module: "solution" or "scenarios".
            name: The function.
            args: Positional arguments, plain data.
            kwargs: Keyword arguments, plain data.

        Returns:
            Gives the "go" and waits, at most the given seconds, for the plain result.

        Raises:
            Observation: The function is not there, or what `go` raises: it did not answer with plain data
                in time. The side is usable again.
        """
        self.ready()
        request = {"do": "call", "module": module, "name": name}
        self._exchange({**request, "args": list(args), "kwargs": kwargs}, TRANSFER_WITHIN_S)

        def go(deadline_s: float) -> Any:
            start = time.monotonic()
            try:
                return self._exchange({"go": True}, self._patience_s(deadline_s))
            finally:
                self.called_s += time.monotonic() - start

        return go

    def call(
        self, module: str, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], deadline_s: float
    ) -> Any:
        """Call a function in the driver and wait at most `deadline_s`: see `prepare`."""
        return self.prepare(module, name, args, kwargs)(deadline_s)

    def _patience_s(self, deadline_s: float) -> float:
        """A generous deadline is for busy machines; a solution that hung before gets a plain one."""
        if self._timeouts < HANGS_BEFORE_IMPATIENCE:
            return deadline_s
        return min(deadline_s, max(PLAIN_DEADLINE_S, deadline_s / 4))

    def collect_garbage(self) -> None:
        """Let the driver drop what only reference cycles keep alive."""
        if self._loaded:
            self._exchange({"do": "collect"}, TRANSFER_WITHIN_S)

    def mark(self) -> str:
        """Run a task that does nothing in the driver; its id tells when earlier events have arrived."""
        self.ready()
        task_id: str = self._exchange({"do": "mark"}, TRANSFER_WITHIN_S)
        return task_id

    def _exchange(self, request: dict[str, Any], deadline_s: float) -> Any:
        """Send a request and understand the answer; what keeps it from coming ends in an observation."""
        try:
            self.link.send(request)
            return understood(self.link.receive(deadline_s))
        except TimeoutError:
            calls = self._server.world.open() if self._server and self._server.world else []
            finding = explain_hang(self.warden, calls, self.driver_pid)
            if finding.cause == CLUSTER_STALLED:
                self._restart()
                raise ClusterStalled(
                    f"Not judged: {finding.text()}\nClose what else is running and grade again."
                ) from None
            self._timeouts += 1
            self.recover()
            waited = f"it did not return within {round(deadline_s, 1):g} s."
            raise SolutionTimeout(f"{waited} {finding.text()}") from None
        except (EOFError, OSError, kata_wire.BrokenFrameError) as error:
            message = explain_death(self.warden, error)
            self.recover()
            raise SolutionCrashed(message) from None
