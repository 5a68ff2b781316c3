"""Workers push their own gradients; the driver only hands out steps and reads the answers.

In async and ssp the task that computed a gradient also pushes it, under a name made of shard and step. If Ray
repeats the task after a death, the servers recognise the name and give the first answer again, so the step
counts once. In sync a push and the pull after it are queued before the gradients exist, so the next step does
not wait for the driver. Against the reference it costs order: answers have to be sorted by version, and
in async several servers may apply the pushes in different orders, so the slices of a pull may not match.
"""

import numpy as np
import ray
import service


def fits(gradient, weights):
    return (
        isinstance(gradient, np.ndarray)
        and np.issubdtype(gradient.dtype, np.floating)
        and gradient.shape == weights.shape
        and bool(np.isfinite(gradient).all())
    )


class ParameterServer:
    def __init__(self, weights, learning_rate):
        self.learning_rate = learning_rate
        self.answers = {}
        self.become(0, np.array(weights, dtype=np.float64))

    def become(self, version, weights):
        weights.setflags(write=False)
        self.version, self.weights = version, weights

    def pull(self):
        return self.version, self.weights

    def push(self, update, *gradients):
        if update not in self.answers:
            good = [gradient for gradient in gradients if fits(gradient, self.weights)]
            if good:
                mean = sum(good) / len(good)
                self.become(self.version + 1, self.weights - self.learning_rate * mean)
            self.answers[update] = (self.version, len(good), len(gradients) - len(good))
        return dict(zip(("version", "applied", "rejected"), self.answers[update], strict=True))

    def checkpoint(self):
        return {
            "weights": self.weights.copy(),
            "learning_rate": self.learning_rate,
            "version": self.version,
            "answers": {update: list(answer) for update, answer in self.answers.items()},
        }

    def restore(self, state):
        self.learning_rate = state["learning_rate"]
        self.answers = {update: tuple(answer) for update, answer in state["answers"].items()}
        self.become(state["version"], state["weights"].copy())


def compute(shard, step, slices):
    """The gradient, cut like the weights; None when it has to be rejected."""
    weights = np.concatenate(slices)
    gradient = service.gradient(weights, shard, step)
    if not fits(gradient, weights):
        return None
    return np.split(gradient, np.cumsum([len(part) for part in slices])[:-1])


@ray.remote(num_cpus=1, max_retries=-1)
def compute_for_mean(shard, step, *slices):
    parts = compute(shard, step, slices)
    return [False] + [None] * len(slices) if parts is None else [True, *parts]


@ray.remote(num_cpus=1, max_retries=-1)
def compute_and_push(servers, shard, step, *slices):
    parts = compute(shard, step, slices)
    if parts is None:
        return None
    name = f"{shard} step {step}"
    answers = ray.get([server.push.remote(name, part) for server, part in zip(servers, parts, strict=True)])
    return [answer["version"] for answer in answers]


class Training:
    def __init__(self, initial, shards, steps, learning_rate, n_servers, on_progress):
        self.shards, self.steps, self.on_progress = shards, steps, on_progress
        self.newest = [ray.put(part) for part in np.array_split(initial, n_servers)]
        make = ray.remote(num_cpus=0)(ParameterServer).remote
        self.servers = [make(part, learning_rate) for part in self.newest]
        self.pulled = [0] * n_servers  # versions of `newest`
        self.made = [0] * n_servers  # newest versions that workers have told of
        self.running = {}
        self.ended = []  # (version after it, entry of the history)

    def pull(self):
        """Queue a pull from every server; the versions and the slices, by reference."""
        pairs = [server.pull.options(num_returns=2).remote() for server in self.servers]
        versions, self.newest = map(list, zip(*pairs, strict=True))
        return versions

    def end(self, worker, step, read, version):
        entry = {"shard": self.shards[worker], "step": step, "read": read, "version": version}
        after = self.made[0] if version is None else version
        self.ended.append((after, entry))

    def tell(self):
        if self.on_progress is not None:
            self.on_progress(len(self.ended), len(self.shards) * self.steps)

    def in_step(self):
        """Mode sync: each step is queued behind the one before it, one step ahead of the answers."""
        queued = None
        for step in range(self.steps):
            following = self.queue(step)
            if step > 0:
                self.await_step(step - 1, *queued)
            queued = following
        self.await_step(self.steps - 1, *queued)

    def queue(self, step):
        task = compute_for_mean.options(num_returns=1 + len(self.servers))
        reports, *parts = zip(*(task.remote(shard, step, *self.newest) for shard in self.shards), strict=True)
        self.running.update(dict.fromkeys(reports))
        pushes = zip(self.servers, parts, strict=True)
        answers = [server.push.remote(f"step {step}", *gradients) for server, gradients in pushes]
        self.pull()  # a server handles one caller's calls in order, so this one comes after the push
        return reports, answers

    def await_step(self, step, reports, answers):
        read, self.made = self.made[0], [answer["version"] for answer in ray.get(answers)]
        for worker, (report, accepted) in enumerate(zip(reports, ray.get(list(reports)), strict=True)):
            del self.running[report]
            self.end(worker, step, read, self.made[0] if accepted else None)
        self.tell()

    def freely(self, ahead):
        """Modes async and ssp: whoever may start is given the newest weights."""
        n_ended = [0] * len(self.shards)
        idle = set(range(len(self.shards)))
        while min(n_ended) < self.steps:
            for worker in sorted(idle):
                if n_ended[worker] < self.steps and n_ended[worker] - min(n_ended) <= ahead:
                    idle.remove(worker)
                    self.start(worker, n_ended[worker])
            (task,), _ = ray.wait(list(self.running))
            versions = ray.get(task)
            worker, read = self.running.pop(task)
            if versions is not None:
                self.made = [max(pair) for pair in zip(self.made, versions, strict=True)]
            self.end(worker, n_ended[worker], read, versions and versions[0])
            n_ended[worker] += 1
            idle.add(worker)
            self.tell()
        self.refresh()

    def start(self, worker, step):
        self.refresh()
        task = compute_and_push.remote(self.servers, self.shards[worker], step, *self.newest)
        self.running[task] = worker, self.pulled[0]

    def refresh(self):
        """Pull again, unless the last pull already holds every update that workers have told of."""
        if any(made > pulled for made, pulled in zip(self.made, self.pulled, strict=True)):
            self.pulled = ray.get(self.pull())

    def stop(self):
        if self.running:
            tasks = list(self.running)
            for task in ray.wait(tasks, num_returns=len(tasks), timeout=0)[1]:
                ray.cancel(task, force=True)
        for server in self.servers:
            ray.kill(server)


def train(initial, shards, *, mode, steps, learning_rate, staleness=0, servers=1, on_progress=None):
    training = Training(initial, shards, steps, learning_rate, servers, on_progress)
    try:
        if shards and steps and mode == "sync":
            training.in_step()
        elif shards and steps:
            training.freely(staleness if mode == "ssp" else steps)
        weights = np.concatenate(ray.get(training.newest))
    finally:
        training.stop()
    # A later version may have been told of first; a rejected step keeps its place behind what was known then.
    history = [entry for _, entry in sorted(training.ended, key=lambda pair: pair[0])]
    applied = sum(entry["version"] is not None for entry in history)
    return {
        "weights": weights,
        "versions": training.made[0],
        "history": history,
        "stats": {"applied": applied, "rejected": len(history) - applied},
    }
