"""One side: a cluster, a driver with the solution, and the world they ask.

A side is mechanism only: it answers calls or says how the solution failed to. It is rebuilt as far as needed
after whatever a solution does to it: a hang or crash replaces the driver; a cluster that is not clean after that
is replaced too; if the warden itself was taken down, all of it is.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from grader.cluster import ClusterNeeds
from grader.collaborator import Collaborator, WorldServer
from grader.errors import ClusterError, GradingError
from grader.hangs import Finding, explain
from grader.inside import kata_wire
from grader.observation import (
    NotLoadable,
    NotPlain,
    Observation,
    SolutionCrashed,
    SolutionRaised,
    SolutionTimeout,
)
from grader.snapshot import CLUSTER_PARTS, Snapshot, take_snapshot
from grader.staging import prepare_folder, stage
from grader.submission import Submission
from grader.warden_client import WardenClient, WardenLostError, new_folder

LOAD_WITHIN_S = 15.0
CONNECT_WITHIN_S = 60.0
TRANSFER_WITHIN_S = 30.0
CLEAN_WITHIN_S = 5.0
_SHOWN_OUTPUT = 600


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
        self._with_world = with_world
        self._server: WorldServer | None = None
        self._warden: WardenClient | None = None
        self._listener: socket.socket | None = None
        self._sock: socket.socket | None = None
        self._loaded = False
        self._submission: Submission | None = None
        self._challenge: Path | None = None
        self._token = ""
        self._not_loadable: NotLoadable | None = None
        self._load_failures = 0

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
            self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._listener.bind(str(folder.judge_socket))
            self._listener.listen(8)
        except OSError as error:
            shutil.rmtree(folder.root, ignore_errors=True)
            raise ClusterError(
                f"{folder.root}: cannot be prepared for a cluster: {error}. Is the disk full?"
            ) from None
        token = self._server.token if self._server else None
        self._warden = WardenClient(folder, self.needs, secrets.token_hex(16), token)
        if self._submission is not None:
            self._stage()
        self._token = secrets.token_hex(16)
        self.driver_pid = self.warden.ask("driver_up", self._token)
        self._cluster_up()

    def close(self) -> list[int]:
        """End the side; returns pids that could not be ended (normally none)."""
        if self._sock is not None:
            self._sock.close()
            self._sock = None
        left = self._warden.close() if self._warden else []
        self._warden = None
        if self._listener is not None:
            self._listener.close()
        if self._server is not None:
            self._server.close()
        return left

    def use(self, submission: Submission, challenge: Path) -> None:
        """From now on serve this solution; what an earlier one left in the driver or on disk is gone."""
        if self._submission is not None and self._warden is not None:
            self._drop_driver()
            self._ensure_clean()
        self._submission, self._challenge = submission, challenge
        self._not_loadable, self._load_failures = None, 0
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

    def _cluster_up(self) -> None:
        self.address = self.warden.ask("cluster_up")
        self.cluster_starts += 1

    def _restart(self) -> None:
        """Replace the whole side: nothing is known of the state it is in."""
        self.close()
        self._sock, self._loaded = None, False
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
        if not self.becomes_clean():
            self._restart()

    # -- driver ----------------------------------------------------------------------------------

    def _drop_driver(self) -> None:
        if self._sock is not None:
            self._sock.close()
            self._sock = None
        self._loaded = False
        self.driver_pid = 0
        with contextlib.suppress(WardenLostError):
            self.warden.ask("driver_down")

    def recover(self) -> None:
        """After a hang or crash: a new driver at the next call, on a cluster that is clean."""
        self._drop_driver()
        self._ensure_clean()

    def _connect(self) -> None:
        """Wait for the driver process to introduce itself."""
        assert self._listener is not None
        deadline = time.monotonic() + CONNECT_WITHIN_S
        while time.monotonic() < deadline:
            self._listener.settimeout(max(deadline - time.monotonic(), 0.01))
            try:
                sock, _ = self._listener.accept()
                hello = kata_wire.receive(sock, time.monotonic() + 5.0)
                if isinstance(hello, dict) and hello.get("token") == self._token:
                    kata_wire.receive(sock, deadline)  # ready
                    self._sock = sock
                    return
                sock.close()
            except TimeoutError:
                break
            except (OSError, EOFError):
                continue
        said = self.warden.ask("said")["tail"][-_SHOWN_OUTPUT:]
        raise ClusterError(f"a driver did not start within {CONNECT_WITHIN_S:.0f} s\n{said}")

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
        if self._sock is None:
            if not self.driver_pid:
                self._token = secrets.token_hex(16)
                self.driver_pid = self.warden.ask("driver_up", self._token)
            self._connect()
        try:
            self._send({"do": "load", "address": self.address})
            self._understood(self._answer(LOAD_WITHIN_S))
        except Observation as seen:
            self._load_failed(seen)
        self._loaded = True

    def _load_failed(self, seen: Observation) -> None:
        """Try an import a second time, then take its failure as a fact about the solution."""
        self._load_failures += 1
        if self._sock is not None:
            self.recover()
        if self._load_failures < 2:
            self.ready()
            return
        self._not_loadable = NotLoadable(
            f"solution.py cannot be imported: {seen.message}", seen.outcome
        )
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
        self._send({**request, "args": list(args), "kwargs": kwargs})
        first = self._answer(TRANSFER_WITHIN_S)
        if first != {"ready": True}:
            self._understood(first)

        def go(deadline_s: float) -> Any:
            self._send({"go": True})
            return self._understood(self._answer(deadline_s))

        return go

    def call(
        self, module: str, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], deadline_s: float
    ) -> Any:
        """Call a function in the driver and wait at most `deadline_s`: see `prepare`."""
        return self.prepare(module, name, args, kwargs)(deadline_s)

    def collect_garbage(self) -> None:
        """Let the driver drop what only reference cycles keep alive."""
        if self._loaded:
            self._send({"do": "collect"})
            self._answer(TRANSFER_WITHIN_S)

    def _send(self, request: dict[str, Any]) -> None:
        assert self._sock is not None
        try:
            self._sock.settimeout(TRANSFER_WITHIN_S)
            kata_wire.send(self._sock, request, "an argument")
        except OSError as error:
            self._crashed(error)

    def _answer(self, deadline_s: float) -> Any:
        """The driver's next frame; what keeps it from coming ends in an observation."""
        assert self._sock is not None
        try:
            return kata_wire.receive(self._sock, time.monotonic() + deadline_s)
        except TimeoutError:
            finding = self._explained()
            self.recover()
            raise SolutionTimeout(
                f"it did not return within {deadline_s:g} s. {finding.text()}"
            ) from None
        except (EOFError, OSError, kata_wire.BrokenFrameError) as error:
            self._crashed(error)

    def _crashed(self, error: Exception) -> NoReturn:
        message = self._death(error)
        self.recover()
        raise SolutionCrashed(message) from None

    def _understood(self, answer: Any) -> Any:
        if isinstance(answer, dict) and len(answer) == 1:
            if "value" in answer:
                return answer["value"]
            if "raised" in answer:
                raised = answer["raised"]
                raise SolutionRaised(
                    str(raised["type"]), str(raised["message"]), str(raised["traceback"])
                )
            if "not_plain" in answer:
                raise NotPlain(str(answer["not_plain"]))
        self._crashed(kata_wire.BrokenFrameError("not an answer"))

    # -- what went wrong -------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """What driver, tasks, actors, nodes and world are doing now."""
        calls = self._server.world.open() if self._server and self._server.world else []
        return take_snapshot(self.look(*CLUSTER_PARTS), calls, self.driver_pid, self._stacks_of)

    def _stacks_of(self, pids: list[int]) -> dict[int, str]:
        return {int(pid): text for pid, text in self.warden.ask("stacks", pids).items()}

    def _explained(self) -> Finding:
        try:
            return explain(self.snapshot())
        except ClusterError as error:
            return Finding(
                cause="cluster_lost",
                sentence="The cluster itself does not answer any more: was a Ray process killed?",
                evidence=(str(error).strip().splitlines()[-1],),
            )

    def _death(self, error: Exception) -> str:
        """Why the connection to the driver broke, in a sentence, with the driver's last words."""
        try:
            status, said = self.warden.ask("driver_status"), self.warden.ask("said")
        except WardenLostError:
            return "it took down the process that guards its cluster; the cluster was replaced"
        if isinstance(error, kata_wire.BrokenFrameError):
            message = "something else than an answer was written to the judge's connection"
        elif status is None:
            message = "its driver process hung up on the judge in the middle of a call"
        elif status < 0:
            message = f"its driver process was killed by signal {-status} in the middle of a call"
        else:
            message = f"its driver process ended with exit status {status} in the middle of a call"
        tail = said["tail"].strip()[-_SHOWN_OUTPUT:]
        if not tail:
            return message
        return f"{message}. It printed {said['total_bytes']:,} bytes, at the end:\n{tail}"
