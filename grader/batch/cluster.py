"""Spreads gradings over an existing Ray cluster, each as a task that reserves the CPUs it needs.

The one module of the driver that uses Ray, and only what Ray documents. The tasks are retried by Ray when
their worker, raylet or node dies; what still fails comes back as lost, and the driver decides.
"""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from grader.batch.code import MODULES, requirements, stage_code
from grader.batch.job import Graded, Job
from grader.batch.judge_process import JUDGE
from grader.batch.node_task import Board, grade_on_node, missing_modules
from grader.catalogue.challenges import Challenge
from grader.errors import GradingError, UsageError
from grader.words import counted

RETRIES = 3
LOOK_EVERY_S = 1.0
PROBE_WITHIN_S = 60.0
END_WITHIN_S = 40.0
ALONE_WITHIN_S = 60.0
REACH_WITHIN_S = 10.0
_INSTALLER = "virtualenv"  # Ray's own need when it installs packages; it comes with ray[default]
BACKLOG = 4  # jobs that wait on the cluster for a place: no place waits for the driver


class ClusterPool:
    """The places of a Ray cluster.

    Args:
        address: As `ray.init` takes it.
        challenges: Those that are graded.
        cpus: That each grading reserves.
        packages: "uv" or "pip" to install what a judge needs on each node, "no" to install nothing, "auto" to
            install what a node lacks.
        module: What a judge runs.
        extra: Packages of the repository that travel too.

    Raises:
        UsageError: There is no such cluster, or none of its nodes has that many CPUs.
    """

    def __init__(
        self,
        address: str,
        challenges: Sequence[Challenge],
        cpus: int,
        *,
        packages: str = "auto",
        module: str = JUDGE,
        extra: Sequence[Path] = (),
    ) -> None:
        self._cpus, self._module = cpus, module
        self._jobs: dict[Any, Job] = {}
        self._alone_on: dict[Any, tuple[str, float]] = {}  # which node, and since when it waits for it
        self._nodes: list[dict[str, Any]] = []
        self._names: dict[str, str] = {}
        self._running: dict[str, str] = {}
        self._looked_s = float("-inf")
        _reach(address)
        with tempfile.TemporaryDirectory() as folder:
            stage_code(challenges, Path(folder), extra)
            with _connected_errors(address):
                installed = _to_install(address, packages)
                environment = {"working_dir": folder} | installed
                _connect(address, environment)
        self._task = ray.remote(grade_on_node)
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=True)
        self._board = ray.remote(Board).options(num_cpus=0, scheduling_strategy=here).remote()
        self._look()
        if not self.n_places:
            most = max((_n_cpus(node) for node in ray.nodes() if node["Alive"]), default=0)
            self.close()
            raise UsageError(
                f"No node of the cluster at {address} has {cpus} CPUs; the largest has {most}. "
                "Give fewer with --cpus."
            )

    @property
    def n_places(self) -> int:
        """Of all nodes that are alive, if nobody else uses them."""
        return sum(_n_cpus(node) // self._cpus for node in self._nodes)

    @property
    def where(self) -> str:
        """Nodes and places."""
        total = sum(map(_n_cpus, self._nodes))
        return (
            f"{counted(self.n_places, 'grading')} side by side on {counted(len(self._nodes), 'node')}"
            f" of a Ray cluster ({counted(total, 'CPU')}, {self._cpus} reserved for each)"
        )

    def has_room(self, *, alone: bool) -> bool:
        """Whether places are free, or a few jobs more can wait for one; alone, whether a node is idle."""
        if alone:
            return len(self._alone_on) == len(self._jobs) and self._idle_node() is not None
        return len(self._jobs) < self.n_places + BACKLOG

    def submit(self, job: Job) -> None:
        """Make a task of a job; one that has to be alone reserves a whole node."""
        node = self._idle_node() if job.is_alone else None
        if node is None:
            self._start(job, self._cpus, "SPREAD")
            return
        strategy = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
        ref = self._start(job, _n_cpus(node), strategy)
        self._alone_on[ref] = node["NodeID"], time.monotonic()

    def _start(self, job: Job, num_cpus: int, strategy: Any) -> Any:
        task = self._task.options(num_cpus=num_cpus, max_retries=RETRIES, scheduling_strategy=strategy)
        question = json.dumps(job.to_json() | {"label": job.label})
        ref = task.remote(question, self._cpus, self._module, self._board)
        self._jobs[ref] = job
        return ref

    def next_done(self, within_s: float) -> Graded | None:
        """What came of one of the tasks."""
        if time.monotonic() - self._looked_s > LOOK_EVERY_S:
            self._look()
            self._lose_patience()
        ready = ray.wait(list(self._jobs), num_returns=1, timeout=within_s)[0] if self._jobs else []
        if not ready:
            return None
        (ref,) = ready
        job = self._jobs.pop(ref)
        self._alone_on.pop(ref, None)
        try:
            answer = json.loads(ray.get(ref))
        except ray.exceptions.RayError as error:
            return Graded(job=job, document=None, problem=f"lost on the cluster: {_said(error)}")
        return Graded.from_answer(job, answer, self._name(answer["node"]))

    def running(self) -> dict[str, list[str]]:
        """What runs on each node, as they have reported."""
        waiting = {job.label for job in self._jobs.values()}
        shown: dict[str, list[str]] = {self._name(node["NodeID"]): [] for node in self._nodes}
        for label, node in self._running.items():
            if label in waiting and (name := self._name(node)) in shown:
                shown[name].append(label)
        return shown

    def close(self) -> None:
        """Cancel what runs, wait until its judges have ended, and leave the cluster."""
        for ref in self._jobs:
            with contextlib.suppress(Exception):
                ray.cancel(ref, force=False)
        with contextlib.suppress(Exception):
            ray.wait(list(self._jobs), num_returns=len(self._jobs), timeout=END_WITHIN_S)
        self._jobs.clear()
        ray.shutdown()

    def _look(self) -> None:
        """See which nodes there are, and what runs where."""
        self._looked_s = time.monotonic()
        with contextlib.suppress(ray.exceptions.RayError):
            self._nodes = [node for node in ray.nodes() if node["Alive"] and _n_cpus(node) >= self._cpus]
        with contextlib.suppress(ray.exceptions.RayError):
            self._running = ray.get(self._board.running.remote(), timeout=LOOK_EVERY_S)

    def _lose_patience(self) -> None:
        """A whole node may never be free where others hold a part of it: take what a grading needs there."""
        running = set(self._running)
        for ref, (node, since_s) in list(self._alone_on.items()):
            job = self._jobs[ref]
            if time.monotonic() - since_s > ALONE_WITHIN_S and job.label not in running:
                del self._jobs[ref], self._alone_on[ref]
                ray.cancel(ref, force=True)
                self._alone_on[self._start(job, self._cpus, "SPREAD")] = node, float("inf")

    def _idle_node(self) -> dict[str, Any] | None:
        """A node on which nothing has been started that is to run alone."""
        taken = {node for node, _ in self._alone_on.values()}
        return next((node for node in self._nodes if node["NodeID"] not in taken), None)

    def _name(self, node_id: str) -> str:
        """A node as people know it: several may have the same host name or address."""
        if node_id not in self._names:
            self._names |= {
                node["NodeID"]: f"{node['NodeManagerHostname']}-{node['NodeID'][:6]}" for node in ray.nodes()
            }
        return self._names.get(node_id, node_id[:6])


def _reach(address: str) -> None:
    """Say at once that nothing listens at HOST:PORT: Ray tries for minutes.

    Raises:
        UsageError: Nothing does.
    """
    host, _, port = address.rpartition(":")
    if not (host and port.isdecimal()) or "/" in host:
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), REACH_WITHIN_S).close()
    except (OSError, OverflowError) as error:
        raise UsageError(f"There is no Ray cluster at {address}: {error}") from None


def _connect(address: str, environment: dict[str, Any]) -> None:
    ray.init(
        address=address, runtime_env=environment, log_to_driver=False, logging_level=logging.ERROR,
        configure_logging=False,
    )  # fmt: skip


@contextlib.contextmanager
def _connected_errors(address: str) -> Iterator[None]:
    """Say in our words that there is no cluster, or that it cannot have the code."""
    try:
        yield
    except (ConnectionError, ValueError, RuntimeError) as error:
        ray.shutdown()
        raise UsageError(
            f"There is no Ray cluster at {address} to be used: {_said(error)}. "
            "If it asks for a token, set RAY_AUTH_MODE=token."
        ) from None
    except ray.exceptions.RayError as error:
        ray.shutdown()
        raise GradingError(f"The cluster at {address} did not answer: {_said(error)}") from None


def _to_install(address: str, packages: str) -> dict[str, Any]:
    """What the runtime environment installs: nothing where each node has what a judge needs."""
    if packages == "no":
        return {}
    if packages in ("uv", "pip"):
        return {packages: requirements(MODULES)}
    with tempfile.TemporaryDirectory() as folder:
        stage_code((), Path(folder))
        _connect(address, {"working_dir": folder})
        try:
            probe = ray.remote(missing_modules)
            asked = [
                probe.options(
                    num_cpus=0,
                    scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=True),
                ).remote([*MODULES, _INSTALLER])
                for node in ray.nodes()
                if node["Alive"]
            ]
            missing = {name for each in ray.get(asked, timeout=PROBE_WITHIN_S) for name in each}
        finally:
            ray.shutdown()
    lacking = missing - {_INSTALLER}
    if lacking and _INSTALLER in missing:
        raise UsageError(
            f"Nodes of the cluster lack {', '.join(sorted(lacking))}, and virtualenv, without which Ray "
            "cannot install them. Install there either  pip install 'ray[default]'  or what is missing."
        )
    return {"uv": requirements(lacking)} if lacking else {}


def _n_cpus(node: dict[str, Any]) -> int:
    return int(node["Resources"].get("CPU", 0))


def _said(error: BaseException) -> str:
    """What an error of Ray says, without the traces in its middle."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return " ... ".join(dict.fromkeys((lines[0], lines[-1])))[:400]
