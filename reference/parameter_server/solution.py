"""A parameter server: gradients from many workers, each applied once, none too stale.

The problem. One worker per shard computes gradients, which take some tens of milliseconds each and now and
then seconds. The weights must absorb them: all those of one step together ("sync"), each as it arrives
("async"), or each as it arrives while nobody runs far ahead ("ssp"). Workers die.

The obvious program. Worker actors loop: they pull the weights, compute, and push. This is the picture in the
papers, and each of its arrows hides a question:

    pull   every worker receives its own copy of the same version: 8 workers, 8 objects in the store
    push   if nobody awaits it, it may be lost or late, and the worker pulls weights without its own step;
           if the worker dies while it awaits the answer, nobody knows whether the push was applied
    wait   "at most 2 steps ahead" needs someone who knows how far everyone is

The design. Only the driver keeps track of anything; it is asked little and answers at once.

    driver     who may start?  ──────────────►  compute_gradient, a task
               ▲ small report: accepted?          │ gradient, one slice per server
               └──────────────────────────────────┤
    ParameterServer, an actor per slice  ◄────────┘ by reference, never through the driver
               version, weights, names of the updates made

A gradient is computed by a *task*, which changes nothing. So if its worker dies, Ray repeats it with the same
weights, and whichever attempt finishes, there is one result and one push. A version is pulled once, and every
task that needs it is handed the same reference. Steps are counted in one place, so a mode is just a rule
about who may start.

The price. Each step takes a round trip through the driver, about two milliseconds; with hundreds of workers
and short steps, everybody would be waiting for the driver. See NOTES.md.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import ray
import service


def fits(gradient: Any, weights: np.ndarray) -> bool:
    """Tell whether it can be applied to these weights: float, their shape, every number finite."""
    return (
        isinstance(gradient, np.ndarray)
        and np.issubdtype(gradient.dtype, np.floating)
        and gradient.shape == weights.shape  # exactly: shape (1,) would silently be broadcast
        and bool(np.isfinite(gradient).all())
    )


class ParameterServer:
    """One slice of the weights, its version, and the names of the updates that made it.

    No array is ever changed: an update makes a new one. So whatever was pulled or put into a checkpoint
    stays as it was, even in one process, where Ray does not copy it.

    Args:
        weights: Version 0, which is copied.
        learning_rate: The factor that a gradient is multiplied by.
    """

    def __init__(self, weights: np.ndarray, learning_rate: float) -> None:
        self._weights = np.array(weights, dtype=np.float64)
        self._weights.setflags(write=False)
        self._learning_rate = learning_rate
        self._version = 0
        self._answers: dict[str, dict[str, int]] = {}

    def pull(self) -> tuple[int, np.ndarray]:
        """Return the newest version: its number and its weights, read-only."""
        return self._version, self._weights

    def push(self, update: str, *gradients: np.ndarray) -> dict[str, int]:
        """Make one update with the mean of the acceptable gradients.

        Args:
            update: Its name; pushing a name again changes nothing.
            *gradients: Arrays of the weights' shape; any others are counted as rejected.

        Returns:
            `{"version": number after it, "applied": gradients, "rejected": gradients}`.
        """
        if update not in self._answers:
            good = [gradient for gradient in gradients if fits(gradient, self._weights)]
            if good:
                self._weights = self._weights - self._learning_rate * (sum(good) / len(good))
                self._weights.setflags(write=False)
                self._version += 1
            self._answers[update] = {
                "version": self._version,
                "applied": len(good),
                "rejected": len(gradients) - len(good),
            }
        return dict(self._answers[update])

    def checkpoint(self) -> dict[str, Any]:
        """Return all of the server, names included: without them a repeated push would count twice."""
        return {
            "weights": self._weights.copy(),
            "learning_rate": self._learning_rate,
            "version": self._version,
            "answers": {update: dict(answer) for update, answer in self._answers.items()},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Become the server that gave this checkpoint."""
        self.__init__(state["weights"], state["learning_rate"])
        self._version = state["version"]
        self._answers = {update: dict(answer) for update, answer in state["answers"].items()}


@ray.remote(num_cpus=1, max_retries=-1)
def compute_gradient(shard: str, step: int, *slices: np.ndarray) -> list[Any]:
    """Return whether the gradient is accepted, then the gradient, cut into slices like the weights.

    It is judged here, where it is whole: a server would apply its slice, however bad the rest is.
    """
    weights = np.concatenate(slices)
    gradient = service.gradient(weights, shard, step)
    if not fits(gradient, weights):
        return [False] + [None] * len(slices)
    ends = np.cumsum([len(part) for part in slices])[:-1]
    return [True, *np.split(gradient, ends)]


class Servers:
    """All slices together: they are updated in the same order, so they always have the same version."""

    def __init__(self, initial: np.ndarray, n_servers: int, learning_rate: float) -> None:
        make = ray.remote(num_cpus=0)(ParameterServer).remote
        # Version 0 is known, so nobody has to wait for the actors' processes to start.
        self._newest = [ray.put(part) for part in np.array_split(initial, n_servers)]
        self._actors = [make(part, learning_rate) for part in self._newest]
        self.version = 0

    def newest(self) -> list[ray.ObjectRef]:
        """Return references to the newest slices, the same ones for everybody who asks."""
        if not self._newest:  # as two objects, so that the weights alone are one
            self._newest = [actor.pull.options(num_returns=2).remote()[1] for actor in self._actors]
        return self._newest

    def update(self, name: str, gradients: Sequence[Sequence[ray.ObjectRef]]) -> None:
        """Apply the mean of gradients, each given as one reference per slice; return when it is done."""
        pushed = [
            actor.push.remote(name, *(gradient[i] for gradient in gradients))
            for i, actor in enumerate(self._actors)
        ]
        self.version = ray.get(pushed)[0]["version"]
        self._newest = []

    def stop(self) -> None:
        """End the actors."""
        for actor in self._actors:
            ray.kill(actor)


class Training:
    """Which steps are running, which have ended, and what became of them."""

    def __init__(
        self,
        servers: Servers,
        shards: Sequence[str],
        steps: int,
        on_progress: Callable[[int, int], None] | None,
    ) -> None:
        self.servers, self.shards, self.steps = servers, shards, steps
        self.n_ended = [0] * len(shards)  # steps, for each worker
        self.history: list[dict[str, Any]] = []
        self._on_progress = on_progress
        self._running: dict[ray.ObjectRef, tuple[int, int, list[ray.ObjectRef]]] = {}

    def begin(self, worker: int) -> None:
        """Have a worker's next step computed from the newest weights."""
        weights = self.servers.newest()
        compute = compute_gradient.options(num_returns=1 + len(weights))
        report, *gradient = compute.remote(self.shards[worker], self.n_ended[worker], *weights)
        self._running[report] = worker, self.servers.version, gradient

    def await_one(self) -> tuple[int, int, list[ray.ObjectRef] | None]:
        """Wait for a step; return its worker, the version it read, and its gradient or None if rejected."""
        (report,), _ = ray.wait(list(self._running))
        accepted = ray.get(report)
        worker, read, gradient = self._running.pop(report)
        return worker, read, gradient if accepted else None

    def end(self, name: str, came_in: Sequence[tuple[int, int, list[ray.ObjectRef] | None]]) -> None:
        """Make one update from these steps, and record how they ended."""
        accepted = [gradient for _, _, gradient in came_in if gradient is not None]
        if accepted:
            self.servers.update(name, accepted)
        for worker, read, gradient in came_in:
            entry = {"shard": self.shards[worker], "step": self.n_ended[worker], "read": read}
            self.history.append(entry | {"version": None if gradient is None else self.servers.version})
            self.n_ended[worker] += 1
        if self._on_progress is not None:
            self._on_progress(len(self.history), len(self.shards) * self.steps)

    def in_step(self) -> None:
        """Mode sync: everybody computes a step from the same version, then one update is made."""
        for step in range(self.steps):
            for worker in range(len(self.shards)):
                self.begin(worker)
            came_in = sorted((self.await_one() for _ in self.shards), key=lambda one: one[0])
            self.end(f"step {step}", came_in)

    def freely(self, ahead: int) -> None:
        """Modes ssp and async: one update per gradient, nobody more than `ahead` steps past the slowest."""
        idle = set(range(len(self.shards)))
        while min(self.n_ended) < self.steps:
            furthest = min(self.steps - 1, min(self.n_ended) + ahead)
            for worker in sorted(idle):
                if self.n_ended[worker] <= furthest:
                    idle.remove(worker)
                    self.begin(worker)
            worker, read, gradient = self.await_one()
            self.end(f"{self.shards[worker]} step {self.n_ended[worker]}", [(worker, read, gradient)])
            idle.add(worker)

    def stop(self) -> None:
        """Cancel what is still running: only an interrupted training has anything left."""
        if self._running:
            # Only those: cancelling a task at the moment it ends may abort the driver (Ray 2.60).
            _, unfinished = ray.wait(list(self._running), num_returns=len(self._running), timeout=0)
            for report in unfinished:
                ray.cancel(report, force=True)


def train(
    initial: np.ndarray,
    shards: Sequence[str],
    *,
    mode: str,
    steps: int,
    learning_rate: float,
    staleness: int = 0,
    servers: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Train from `initial`, with one worker per shard; the brief says what the result holds.

    Args:
        initial: float64, shape (number of weights,); only read.
        shards: Names of the shards, all different.
        mode: "sync", "async" or "ssp".
        steps: Number of steps of each worker.
        learning_rate: The factor for a gradient, or in sync for the mean of a step's gradients.
        staleness: In ssp, how many steps a worker may be ahead of the slowest.
        servers: How many actors share the weights.
        on_progress: Called here with the number of steps that have ended and the number of all steps.
    """
    parts = Servers(initial, servers, learning_rate)
    training = Training(parts, shards, steps, on_progress)
    try:
        if shards and mode == "sync":
            training.in_step()
        elif shards:
            training.freely(ahead=staleness if mode == "ssp" else steps)
        weights = np.concatenate(ray.get(parts.newest()))
    finally:  # even if on_progress raised
        training.stop()
        parts.stop()
    applied = sum(entry["version"] is not None for entry in training.history)
    return {
        "weights": weights,
        "versions": parts.version,
        "history": training.history,
        "stats": {"applied": applied, "rejected": len(training.history) - applied},
    }
