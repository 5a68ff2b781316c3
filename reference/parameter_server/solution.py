"""A parameter server: gradients from many workers, each applied once, none too stale.

The problem. One worker per shard computes gradients, some tens of milliseconds each and now and then
seconds. The weights must take them in: all of one step together ("sync"), each as it comes ("async"), or
each as it comes while nobody runs far ahead ("ssp"). Workers die.

The obvious program. Worker actors that loop: pull the weights, compute, push. It is the picture in the
papers, and each arrow of it hides a question:

    pull   every worker receives its own copy of the same version: 8 workers, 8 objects in the store
    push   not awaited, it may be lost or late, and the worker pulls weights without its own step;
           awaited by a worker that dies just then, nobody knows whether it was applied
    wait   "not more than 2 steps ahead" needs somebody who knows how far everybody is

The design. Nobody but the driver knows anything; it is asked little and answers at once.

    driver     who may begin?  ──────────────►  compute_gradient, a task
               ▲ small report: accepted?          │ gradient, in one slice per server
               └──────────────────────────────────┤
    ParameterServer, an actor per slice  ◄────────┘ by reference, never through the driver
               version, weights, names of the updates made

A gradient is a *task*: a function of weights, shard and step that changes nothing. So when its worker dies
Ray repeats it, with the same weights, and whichever try ends, there is one result and one push. A version
is pulled once, and every task that needs it is handed the same reference. Steps are counted in one place,
so a mode is only a rule about who may begin.

The price. The driver has a round trip per step, about two milliseconds; with hundreds of workers and short
steps it would be what everybody waits for. See NOTES.md.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import ray
import service


def fits(gradient: Any, weights: np.ndarray) -> bool:
    """Whether it can be applied to these weights: float, of their shape, every number finite."""
    return (
        isinstance(gradient, np.ndarray)
        and np.issubdtype(gradient.dtype, np.floating)
        and gradient.shape == weights.shape  # exactly: shape (1,) would be broadcast without a sound
        and bool(np.isfinite(gradient).all())
    )


class ParameterServer:
    """One slice of the weights, its version, and the names of the updates that made it.

    No array is ever changed: an update makes a new one. So what was pulled or put into a checkpoint
    stays as it was, also where no Ray lies in between to copy it.

    Args:
        weights: Version 0; copied.
        learning_rate: What a gradient is multiplied by.
    """

    def __init__(self, weights: np.ndarray, learning_rate: float) -> None:
        self._weights = np.array(weights, dtype=np.float64)
        self._weights.setflags(write=False)
        self._learning_rate = learning_rate
        self._version = 0
        self._answers: dict[str, dict[str, int]] = {}

    def pull(self) -> tuple[int, np.ndarray]:
        """The newest version: its number and its weights, read-only."""
        return self._version, self._weights

    def push(self, update: str, *gradients: np.ndarray) -> dict[str, int]:
        """Make one update with the mean of the acceptable gradients.

        Args:
            update: Its name; a name that was there before changes nothing.
            *gradients: Arrays of the weights' shape; others are counted as rejected.

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
        """All of the server. The names belong to it: without them a repeated push would count twice."""
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
    """A gradient in as many slices as the weights came in, after a word whether it is accepted.

    Judged here, where it is whole: a server sees a slice and would apply it, however bad the rest is.
    """
    weights = np.concatenate(slices)
    gradient = service.gradient(weights, shard, step)
    if not fits(gradient, weights):
        return [False] + [None] * len(slices)
    ends = np.cumsum([len(part) for part in slices])[:-1]
    return [True, *np.split(gradient, ends)]


class Servers:
    """All slices together: updated in one order, so they always have the same version."""

    def __init__(self, initial: np.ndarray, n_servers: int, learning_rate: float) -> None:
        make = ray.remote(num_cpus=0)(ParameterServer).remote
        # Version 0 is known: nobody has to wait for the actors' processes to begin with it.
        self._newest = [ray.put(part) for part in np.array_split(initial, n_servers)]
        self._actors = [make(part, learning_rate) for part in self._newest]
        self.version = 0

    def newest(self) -> list[ray.ObjectRef]:
        """References to the newest slices, the same ones for everybody who asks."""
        if not self._newest:  # pull() gives a pair; as two objects, the weights are one by themselves
            self._newest = [actor.pull.options(num_returns=2).remote()[1] for actor in self._actors]
        return self._newest

    def update(self, name: str, gradients: Sequence[Sequence[ray.ObjectRef]]) -> None:
        """Apply the mean of gradients, each given as a reference per slice; returns when it is done."""
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
    """Which steps run, which have ended, and what came of them."""

    def __init__(
        self,
        servers: Servers,
        shards: Sequence[str],
        steps: int,
        on_progress: Callable[[int, int], None] | None,
    ) -> None:
        self.servers, self.shards, self.steps = servers, shards, steps
        self.n_ended = [0] * len(shards)  # steps of each worker
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
        """Whose step came in first, the version it read, its gradient's slices or None when rejected."""
        (report,), _ = ray.wait(list(self._running))
        accepted = ray.get(report)
        worker, read, gradient = self._running.pop(report)
        return worker, read, gradient if accepted else None

    def end(self, name: str, came_in: Sequence[tuple[int, int, list[ray.ObjectRef] | None]]) -> None:
        """Make one update of these steps, and write down how they ended."""
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
        """Mode sync: everybody computes a step from the same version, then there is one update."""
        for step in range(self.steps):
            for worker in range(len(self.shards)):
                self.begin(worker)
            came_in = sorted((self.await_one() for _ in self.shards), key=lambda one: one[0])
            self.end(f"step {step}", came_in)

    def freely(self, ahead: int) -> None:
        """Modes ssp and async: an update per gradient, nobody more than `ahead` steps before the last."""
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
        """End what still runs: only an interrupted training has something left."""
        if self._running:
            # Only those: cancelling a task in the moment it ends may abort the driver (Ray 2.60).
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
    """Train from `initial`, with a worker per shard; see the brief for what the result holds.

    Args:
        initial: float64, shape (number of weights,); only read.
        shards: Their names, all different.
        mode: "sync", "async" or "ssp".
        steps: Of each worker.
        learning_rate: What a gradient, or in sync the mean of a step's gradients, is multiplied by.
        staleness: In ssp, how many steps a worker may be ahead of the last one.
        servers: How many actors share the weights.
        on_progress: Called here with the number of steps that have ended, and of all.
    """
    parts = Servers(initial, servers, learning_rate)
    training = Training(parts, shards, steps, on_progress)
    try:
        if shards and mode == "sync":
            training.in_step()
        elif shards:
            training.freely(ahead=staleness if mode == "ssp" else steps)
        weights = np.concatenate(ray.get(parts.newest()))
    finally:  # also when on_progress has had enough
        training.stop()
        parts.stop()
    applied = sum(entry["version"] is not None for entry in training.history)
    return {
        "weights": weights,
        "versions": parts.version,
        "history": training.history,
        "stats": {"applied": applied, "rejected": len(training.history) - applied},
    }
