"""One side: a cluster, a driver with the solution, and the world they ask.

A side is pure mechanism: it answers calls or says how the solution failed to. Whatever a solution does to
it, it is rebuilt as far as needed: a hang or crash replaces the driver; a cluster that is not clean after
that is replaced too; if the warden itself was taken down, everything is.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grader.catalogue.submission import Submission
from grader.errors import ClusterError, ClusterLostError, GradingError
from grader.explain.clocks import may_wake
from grader.inside import kata_wire
from grader.side.driver_link import CONNECT_WITHIN_S, TRANSFER_WITHIN_S
from grader.side.exchange import exchange
from grader.side.failure_causes import take_limits_broken
from grader.side.observation import NotLoadable, Observation, SolutionCrashed
from grader.side.patience import Patience
from grader.side.rig import Rig
from grader.side.staging import SCENARIOS
from grader.side.standstill_watch import GateWatch
from grader.side.warden_client import WardenClient, WardenLostError
from grader.side_spec import ClusterNeeds, Limits
from grader.system.machine import is_crowded
from grader.system.processes import anonymous_bytes
from grader.system.shared_files import named_files
from grader.tables import TableName, Tables
from grader.world.outside import OutsideWorld
from grader.world.server import WorldServer

LOAD_WITHIN_S = 15.0


class Side:
    """A cluster and a driver for one solution at a time.

    Args:
        needs: What the cluster has to offer.
        with_world: Whether `service.py` asks a world in the judge; otherwise it serves itself.
        limits: What the solution's processes may use; None for the defaults.
        private: Whether no other process of this user may look into its processes: the reference's side.
    """

    def __init__(
        self,
        needs: ClusterNeeds,
        *,
        with_world: bool = True,
        limits: Limits | None = None,
        private: bool = False,
    ) -> None:
        self.needs = needs
        self.driver_pid = 0
        self.named: dict[tuple[int, int], int] = {}  # bytes of what was named in memory before it started
        self.idle_driver_bytes = 0  # what the driver held before any line of the solution ran
        self.markers: set[str] = set()  # ids of the judge's own tasks in the driver's job
        self.failed_check = ""  # of Ray's own code: it ended the last driver that died in a call
        self.called_s = 0.0  # spent in calls into the solution: test_costs.py counts the rest as ours
        self.world: OutsideWorld | None = None
        self.patience = Patience()
        self.is_superseded = False  # the call in progress was broken off
        self._limits = limits or Limits()
        self._with_world, self._private = with_world, private
        self._rig: Rig | None = None
        self._loaded = False
        self._is_fresh = False  # a driver that has seen no solution yet
        self._has_served = False  # the driver's job holds tasks of earlier calls
        self._submission: Submission | None = None
        self._challenge: Path | None = None
        self._not_loadable: NotLoadable | None = None
        self._load_failures = 0

    # -- life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Bring up warden, driver process and cluster; the driver starts while the cluster does.

        Raises:
            ClusterError: The cluster did not start.
        """
        is_crowded()  # from now on it is known what others use, not only that CPUs are short
        self.named = named_files()
        self._rig = Rig(
            self.needs, self._limits, with_world=self._with_world, world=self.world, private=self._private
        )
        self._driver_up()
        self._rig.cluster_up()

    def close(self) -> list[int]:
        """End the side; returns pids that could not be ended (normally none)."""
        self._loaded = False
        left = self._rig.close() if self._rig else []
        self._rig = None
        return left

    def use(self, submission: Submission, challenge: Path) -> None:
        """From now on serve this solution; what an earlier one left in the driver or on disk is gone."""
        if self._rig is not None and (self.is_superseded or not self._is_fresh):
            self.recover()
        self._submission, self._challenge = submission, challenge
        self._not_loadable, self._load_failures, self.patience = None, 0, Patience()
        self.is_superseded = False
        if self._rig is not None:
            try:
                self._stage()
            except ClusterError:  # an earlier solution removed the side's folder
                self.replace()
            take_limits_broken(self.warden)  # broken by an earlier solution: forgotten

    def refresh(self) -> None:
        """Have a new driver with workers stand by for the next solution, so that it is served at once."""
        if self._rig is not None and not self._is_fresh:
            self.recover()
            self.warm_up()

    def supersede(self) -> None:
        """Break off the call in progress, from another thread: its caller gets `Superseded`.

        The side serves again after the next `use` or `restart_driver`.
        """
        self.is_superseded = True
        if self._rig is not None:
            self._rig.link.interrupt()

    def restart_driver(self) -> None:
        """Serve the same solution again, in a driver with a new job: a job's table of tasks only grows."""
        if self.is_superseded or self._has_served:
            self.is_superseded = False
            self.recover()
        self.warm_up()
        self.ready()

    def warm_up(self) -> None:
        """Have Ray workers ready for the driver: they take a second to start."""
        self._connect_driver()
        with contextlib.suppress(Observation):
            self._ask_driver({"do": "warm_up"}, CONNECT_WITHIN_S)

    @property
    def is_started(self) -> bool:
        """Whether it has a cluster."""
        return self._rig is not None

    def _stage(self) -> None:
        if self._submission is not None:
            assert self._challenge is not None
            self.rig.stage(self._submission, self._challenge)

    @property
    def rig(self) -> Rig:
        """What the side stands on; the side must have been started."""
        if self._rig is None:
            raise GradingError("the side is not started")
        return self._rig

    @property
    def warden(self) -> WardenClient:
        """The side's warden; the side must have been started."""
        return self.rig.warden

    @property
    def has_world(self) -> bool:
        """Whether its `service.py` asks a world in the judge."""
        return self._rig is not None and self._rig.server is not None

    @property
    def server(self) -> WorldServer:
        """The server of this side's world."""
        if self.rig.server is None:
            raise GradingError("this side has no world")
        return self.rig.server

    def set_world(self, world: OutsideWorld | None) -> None:
        """Have `service.py` ask this world from now on."""
        self.world = self.server.world = world
        if world is not None:
            world.worker_pids = self._worker_pids
        if world is not None and not self._may_wake():
            world.nothing_can_come = GateWatch(self, world).is_certain

    def _worker_pids(self) -> set[int]:
        """Processes that are or were Ray workers of this cluster."""
        try:
            return set(self.look("worker_pids").worker_pids)
        except ClusterLostError as lost:
            self.replace()
            raise SolutionCrashed(f"it took down its cluster or what guards it: {lost}") from None

    def _may_wake(self, scenario: str = "") -> bool:
        """Whether the solution, or a scenario that calls it, could wake up by itself."""
        if self._submission is None or may_wake(self._submission.source):
            return True
        path = self.warden.folder.work / SCENARIOS
        return bool(scenario) and (not path.exists() or may_wake(path.read_bytes(), scenario))

    # -- cluster ---------------------------------------------------------------------------------

    def replace(self) -> None:
        """Replace the whole side: nothing is known about the state it is in."""
        self.close()
        self.start()

    def look(self, *names: TableName) -> Tables:
        """Tables of the cluster as they are now."""
        return self.rig.look(*names)

    # -- driver ----------------------------------------------------------------------------------

    def _driver_up(self) -> None:
        """Start a driver in folders that nothing has written to since they were made."""
        self._stage()
        self.driver_pid = self.rig.driver_up()
        self._loaded, self._is_fresh = False, True

    def _drop_driver(self) -> None:
        self.rig.link.hang_up()
        self._loaded, self._is_fresh, self._has_served = False, True, False
        self.driver_pid = 0
        self.markers.clear()
        with contextlib.suppress(WardenLostError):
            self.warden.ask("driver_down")

    def recover(self) -> None:
        """After a hang or crash: a new driver at the next call, on a cluster that is clean."""
        self._drop_driver()
        if not self.rig.recovers():
            self.replace()

    def ready(self) -> None:
        """Make sure that a driver has imported the solution.

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
        try:
            self._connect_driver()
        except ClusterError:  # an earlier driver may have done anything to the side
            self.replace()
            self._connect_driver()
        self._is_fresh = False
        try:
            self._ask_driver({"do": "load"}, LOAD_WITHIN_S)
        except Observation as seen:
            self._load_failed(seen)
        self._loaded = True

    def _connect_driver(self) -> None:
        """Make sure that a driver has joined the cluster; no line of the solution has run in it."""
        if self.rig.link.is_connected:
            return
        if not self.driver_pid:
            self._driver_up()
        self.rig.link.accept(self.driver_pid, lambda: bool(self.warden.ask("driver_has_ended")))
        try:
            self._ask_driver({"do": "connect", "address": self.rig.address}, CONNECT_WITHIN_S)
        except Observation as seen:
            raise ClusterError(f"a driver could not join its cluster: {seen.message}") from None
        self.idle_driver_bytes = anonymous_bytes(self.driver_pid)

    def _load_failed(self, seen: Observation) -> None:
        """Retry an import that crashed, once; then take it as a fact about the solution."""
        self._load_failures += 1
        if self._load_failures < 2 and isinstance(seen, SolutionCrashed):
            self.ready()
            return
        self._not_loadable = NotLoadable(f"solution.py cannot be imported: {seen.message}", seen.outcome)
        raise self._not_loadable from None

    def prepare(
        self, module: str, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Callable[[float], Any]:
        """Do everything for a call except the call itself.

        The arguments leave the judge with the "go": a driver that had them earlier could work ahead.

        Args:
            module: "solution"; or "scenarios" or "test_examples", whose functions get the solution first.
            name: The function.
            args: Positional arguments, plain data.
            kwargs: Keyword arguments, plain data.

        Returns:
            A function that gives the "go" and waits at most the given seconds for the plain result. It
            raises an Observation if the solution's function is missing or does not answer with plain data
            in time; the side is usable again.

        Raises:
            Observation: The solution cannot be loaded.
        """
        self.ready()
        request = {"do": "call", "module": module, "name": name, "args": list(args), "kwargs": kwargs}
        frame = kata_wire.dump(request, "an argument")
        has_clock = module == "test_examples" or self._may_wake(name if module == "scenarios" else "")

        def go(deadline_s: float) -> Any:
            start = time.monotonic()
            self._has_served = True
            try:
                return exchange(self, frame, deadline_s, may_wake=has_clock)
            finally:
                self.called_s += time.monotonic() - start

        return go

    def call(
        self, module: str, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], deadline_s: float
    ) -> Any:
        """Call a function in the driver and wait at most `deadline_s`: see `prepare`."""
        return self.prepare(module, name, args, kwargs)(deadline_s)

    def collect_garbage(self) -> None:
        """Have the driver drop what only reference cycles keep alive."""
        if self._loaded:
            self.ask_driver("collect")

    def ask_driver(self, do: str, **more: Any) -> Any:
        """Ask for one of the services of `grader.inside.driver` other than calls."""
        self.ready()
        return self._ask_driver({"do": do, **more}, TRANSFER_WITHIN_S)

    def _ask_driver(self, request: dict[str, Any], deadline_s: float) -> Any:
        return exchange(self, kata_wire.dump(request), deadline_s, may_wake=True)
