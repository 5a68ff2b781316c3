"""The accelerator as the grader runs it: gradients, delays, faults, and who was given which weights."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from grader.suite import Call, KillWorker, OutsideWorld, Refuse, Trial, trouble

FAST_S = (0.02, 0.04)
SAMPLING = 0.05  # by about how much two gradients for the same weights differ: each call samples anew
MORE_WEIGHTS = (9, 80)  # how many there are beside the counters
BEFORE_DEATH_S = 0.02
WARM_WITHIN_S = 30.0
READY_WITHIN_S = 40.0
MEET_S = 10.0  # how long a straggler waits for the others to get as far as they may
RATE = 1 / 16  # a power of two, so that counters stay exact
TRIAL_S = 25.0  # against hangs only

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
        straggler: The worker that a trouble holds back; None while none is.
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
        self.straggler: int | None = None
        self._sampling = np.random.default_rng(rng.integers(2**63))
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
        # In each step the same delays in another order: all models take equally long.
        shares = [(rng.permutation(n_shards) + 0.5) / max(n_shards, 1) for _ in range(steps)]
        self._pace = {(k, s): float(shares[s][k]) for k in range(n_shards) for s in range(steps)}

    def hold(self, worker: int, step: int, until: Callable[[], bool], *, within_s: float) -> Hold:
        """Keep a step's call waiting until a condition comes true, for at most `within_s`."""
        self.holds[worker, step] = Hold(until=until, within_s=within_s)
        return self.holds[worker, step]

    def gradient_of(self, worker: int, weights: np.ndarray) -> np.ndarray:
        """Return a new gradient of one shard, from other samples than the last; it is -1 at its own counter.

        So the weights tell which answers they were made from, and no answer can be known before it is given.
        """
        sampled = float(self._sampling.normal(0.0, SAMPLING))
        found = self._curvature[worker] * (weights - self._target[worker] + sampled)
        found[worker] = -1.0
        return found

    # -- troubles: set up by tests and by `grade.py try` -------------------------------------------------

    def _training(self, mode: str, steps: int, staleness: int = 0, servers: int = 1) -> Trial:
        trial = Trial.call(
            "train",
            self.initial,
            self.shards,
            mode=mode,
            steps=steps,
            learning_rate=RATE,
            staleness=staleness,
            servers=servers,
            deadline_s=TRIAL_S,
        )
        ready = Trial.scenario("ready", n_workers=len(self.shards), deadline_s=READY_WITHIN_S)
        return trial.after(ready)

    def _model(self, rng: np.random.Generator, n_shards: int, steps: int) -> None:
        self.make_model(rng, n_shards, n_shards + int(rng.integers(*MORE_WEIGHTS)), steps)

    def _told(self, keys: Iterable[Key]) -> str:
        return ", ".join(f"step {step} of {self.shards[worker]}" for worker, step in sorted(keys))

    @trouble
    def none(
        self,
        rng: np.random.Generator,
        mode: str = "sync",
        shards: int = 4,
        steps: int = 5,
        staleness: int = 0,
        servers: int = 1,
    ) -> Trial:
        """Nothing goes wrong."""
        self._model(rng, shards, steps)
        return self._training(mode, steps, staleness, servers)

    @trouble
    def slow_worker(
        self,
        rng: np.random.Generator,
        mode: str = "async",
        shards: int = 4,
        steps: int = 5,
        staleness: int = 2,
        servers: int = 1,
    ) -> Trial:
        """One worker's first gradient comes when the others are as far as they may be, or in ten seconds."""
        self._model(rng, shards, steps)
        slow = int(rng.integers(shards))
        others, far = self.others(slow), {"sync": 1, "ssp": staleness + 1}.get(mode, steps)
        done = self.answered if mode == "async" else self.begun
        self.hold(slow, 0, lambda: all(done(k) >= min(far, steps) for k in others), within_s=MEET_S)
        self.straggler = slow
        return self._training(mode, steps, staleness, servers).noting(f"slow: {self._told([(slow, 0)])}")

    @trouble
    def bad_gradients(self, rng: np.random.Generator, mode: str = "sync", servers: int = 1) -> Trial:
        """Some gradients hold NaN or infinity, or have the wrong shape; one step has no other."""
        self._model(rng, 3, 5)
        kinds = rng.permutation(["nan", "inf", "one", "column", "short"]).tolist()
        self.bad = {(0, 0): kinds[0], (1, 1): kinds[1], (2, 1): kinds[2], (1, 3): kinds[3]}
        self.bad |= {(k, 2): kinds[4] for k in range(3)}
        return self._training(mode, 5, servers=servers).noting(f"bad: {self._told(self.bad)}")

    @trouble
    def dead_workers(self, rng: np.random.Generator, mode: str = "sync", servers: int = 1) -> Trial:
        """One worker dies waiting for its gradient, two shortly after they have got it."""
        self._model(rng, 3, 5)
        first, second, third = rng.permutation(3).tolist()
        self.kill_during = {(first, 2)}
        self.kill_after = {(second, 0): 0.05, (third, 3): 0.004}
        told = self._told([*self.kill_during, *self.kill_after])
        return self._training(mode, 5, servers=servers).noting(f"workers die in or after {told}")

    @trouble
    def given_up(self, rng: np.random.Generator) -> Trial:
        """One gradient never comes, and `on_progress` raises once six steps have ended."""
        self._model(rng, 3, 6)
        stuck = int(rng.integers(3))
        self.never = {(stuck, 1)}
        for other in self.others(stuck):  # so that the sixth step ends after the stuck one has started
            self.hold(other, 2, lambda: self.begun(stuck) > 1, within_s=MEET_S)
        self.straggler = stuck
        options = dict(self._training("async", 6).inputs)
        return Trial.scenario(
            "train_until",
            initial=self.initial,
            shards=self.shards,
            stop_at=6,
            options=options,
            deadline_s=TRIAL_S,
        ).noting(f"never answered: {self._told(self.never)}")

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
