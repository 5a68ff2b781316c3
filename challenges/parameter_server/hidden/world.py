"""The accelerator as the grader runs it: gradients, delays, faults, and who was given which weights."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from grader.suite import Call, KillWorker, OutsideWorld, Refuse

FAST_S = (0.02, 0.04)
BEFORE_DEATH_S = 0.02
WARM_WITHIN_S = 30.0

Key = tuple[int, int]  # position of the shard, step


@dataclass(slots=True, kw_only=True)
class Asked:
    """One call of `gradient`.

    Attributes:
        worker: Position of its shard.
        step: Which of the worker's steps it is.
        weights: The weights it was given.
        pid: The calling process.
        began_s: Monotonic time of its arrival.
        answered_s: Monotonic time of its answer; None until it is answered.
        gradient: The answer; None until, and unless, there is one.
    """

    worker: int
    step: int
    weights: np.ndarray
    pid: int
    began_s: float
    answered_s: float | None = None
    gradient: np.ndarray | None = None


@dataclass(slots=True, kw_only=True)
class Hold:
    """Keeps one call waiting until a condition comes true, then a bit longer for one step too many.

    Attributes:
        until: The condition that the call waits for.
        within_s: The longest that it waits.
        unless: What must not come true afterwards; the call stops waiting if it does.
        linger_s: How long the call waits for `unless`.
        met: Whether `until` came true.
    """

    until: Callable[[], bool]
    within_s: float
    unless: Callable[[], bool] = lambda: False
    linger_s: float = 0.0
    met: bool = False


class World(OutsideWorld):
    """The loss of one training. A test sets the attributes after `make_model`, before it calls the learner.

    Attributes:
        shards: Names of the shards, in the order in which `train` is given them.
        initial: The weights at the start; the first `len(shards)` of them are the counters.
        best: The weights with the smallest loss, without the counters.
        delay_s: Shortest and longest time that a call takes.
        holds: Calls that wait for a condition; made by `hold`.
        never: Calls that are never answered.
        kill_during: Steps whose first caller dies before it is answered.
        kill_after: Step -> seconds from its first answer until the process that got it dies.
        bad: Step -> what the answer is instead of a gradient: "nan", "inf", "short", "one", "column".
        asked: Every call, in order of arrival.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.shards: list[str] = []
        self.initial = np.zeros(0)
        self.best = np.zeros(0)
        self.delay_s = FAST_S
        self.holds: dict[Key, Hold] = {}
        self.never: set[Key] = set()
        self.kill_during: set[Key] = set()
        self.kill_after: dict[Key, float] = {}
        self.bad: dict[Key, str] = {}
        self.asked: list[Asked] = []
        self._curvature = np.zeros((0, 0))
        self._target = np.zeros((0, 0))
        self._pace: dict[Key, float] = {}
        self._connections: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._doomed: dict[Key, float] = {}
        self._warm: set[int] = set()

    def make_model(self, rng: np.random.Generator, n_shards: int, n_weights: int, steps: int) -> None:
        """Draw a loss: one counter per shard and further weights, `n_weights` in all."""
        numbers = rng.choice(np.arange(100, 1000), size=n_shards, replace=False)
        self.shards = [f"shard-{number}" for number in numbers]
        self.initial = rng.normal(0.0, 3.0, n_weights)
        self._curvature = rng.uniform(0.8, 1.6, (n_shards, n_weights))
        common = rng.normal(0.0, 3.0, n_weights)
        self._target = common + rng.normal(0.0, 0.1, (n_shards, n_weights))
        counters = slice(0, n_shards)
        self._curvature[:, counters] = 0.0
        summed = self._curvature.sum(axis=0)
        summed[counters] = 1.0
        self.best = ((self._curvature * self._target).sum(axis=0) / summed)[n_shards:]
        shares = rng.random((n_shards, max(steps, 1)))
        self._pace = {(k, s): float(shares[k, s]) for k in range(n_shards) for s in range(steps)}

    def hold(self, worker: int, step: int, until: Callable[[], bool], *, within_s: float) -> Hold:
        """Keep a step's call waiting until a condition comes true, for at most `within_s`."""
        self.holds[worker, step] = Hold(until=until, within_s=within_s)
        return self.holds[worker, step]

    def gradient_of(self, worker: int, weights: np.ndarray) -> np.ndarray:
        """Return the true gradient of one shard; it is -1 at its own counter."""
        found = self._curvature[worker] * (weights - self._target[worker])
        found[worker] = -1.0
        return found

    # -- what was seen ---------------------------------------------------------------------------

    def begun(self, worker: int) -> int:
        """Count the steps of a worker that have been asked for."""
        return 1 + max((a.step for a in self.asked if a.worker == worker), default=-1)

    def answered(self, worker: int) -> int:
        """Count the steps of a worker that have been answered."""
        return len({a.step for a in self.asked if a.worker == worker and a.gradient is not None})

    def others(self, worker: int) -> list[int]:
        """Return the positions of all other workers."""
        return [k for k in range(len(self.shards)) if k != worker]

    # -- operations ------------------------------------------------------------------------------

    async def gradient(
        self, call: Call, weights: np.ndarray, shard: str, step: int
    ) -> tuple[np.ndarray, bool]:
        """Operation: return the gradient, and whether the calling process is about to die."""
        worker = self._worker(shard)
        self._check_weights(weights)
        now_s = time.monotonic()
        asked = Asked(worker=worker, step=step, weights=weights, pid=call.pid, began_s=now_s)
        self.asked.append(asked)
        key = (worker, step)
        async with self._connections[call.pid]:
            if key in self.never:
                await call.never()
            if key in self.kill_during:
                self.kill_during.discard(key)
                await asyncio.sleep(BEFORE_DEATH_S)
                raise KillWorker
            await self._held(key)
            low_s, high_s = self.delay_s
            await asyncio.sleep(low_s + self._pace.get(key, 0.5) * (high_s - low_s))
        asked.gradient = self._answer(key, weights)
        asked.answered_s = time.monotonic()
        if key in self.kill_after:
            self._doomed[key] = self.kill_after.pop(key)
            return asked.gradient, True
        return asked.gradient, False

    async def end(self, call: Call, shard: str, step: int) -> None:  # noqa: ARG002
        """Operation: let the calling process die in a moment."""
        key = self._worker(shard), step
        if key not in self._doomed:
            raise Refuse("NotDoomed", f"no process is due to die after step {step} of {shard}")
        await asyncio.sleep(self._doomed[key])
        raise KillWorker

    async def progress(self, call: Call, ended: int, total: int) -> None:
        """Operation of a scenario: record what `on_progress` was told."""

    async def warm(self, call: Call, n_workers: int) -> None:
        """Operation of a scenario: hold this many workers until all of them have arrived."""
        self._warm.add(call.pid)
        await self.until(lambda: len(self._warm) >= n_workers, within_s=WARM_WITHIN_S)

    async def _held(self, key: Key) -> None:
        hold = self.holds.pop(key, None)
        if hold is not None:
            hold.met = await self.until(hold.until, within_s=hold.within_s)
            if hold.met:
                await self.until(hold.unless, within_s=hold.linger_s)

    def _answer(self, key: Key, weights: np.ndarray) -> np.ndarray:
        found = self.gradient_of(key[0], weights)
        kind = self.bad.get(key)
        if kind == "nan":
            found[-1] = np.nan
        elif kind == "inf":
            found[-1] = -np.inf
        elif kind == "short":
            found = found[:-1]
        elif kind == "one":
            found = found[:1]
        elif kind == "column":
            found = found[:, np.newaxis]
        return found

    def _worker(self, shard: str) -> int:
        if shard not in self.shards:
            raise Refuse("UnknownShard", f"there is no shard {shard!r}")
        return self.shards.index(shard)

    def _check_weights(self, weights: np.ndarray) -> None:
        wanted = self.initial.shape
        if weights.dtype != np.float64 or weights.shape != wanted:
            kind = f"{weights.dtype} array of shape {weights.shape}"
            raise Refuse("BadWeights", f"the weights are a {kind}; the loss needs float64, shape {wanted}")
