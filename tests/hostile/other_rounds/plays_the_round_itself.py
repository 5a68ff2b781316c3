# attack: puts a round of its own in the place of the race's: a write for five ingests, and no monitor
# challenge: monitoring_system
# only: test_speed
# at most: 0
# outcomes: fail
# says: samples were in the archive
"""What plays a timed round is put into the solution's module, and a module can say what becomes of that.

The honest twin is an empty monitor, which earns nothing: nothing else is here.
"""

import sys
import types

import numpy as np
import ray

N_SHARDS = 4


def shard_of(metric, source, shards):
    return 0


class Monitor:
    def __init__(self, rules, *, shards=2, clock, retention_s=600.0, capacity=1000):
        pass

    def close(self):
        for shard in shards:
            ray.kill(shard)
        shards.clear()


@ray.remote(num_cpus=0)
class Shard:
    def write(self, names, numbers):
        from service_link import ask

        ask(
            "archive",
            "\n".join(f"{metric} {host} {number}" for (metric, host), number in zip(names, numbers)),
        )


shards = []


def round_of_its_own(race, start, names, series, values, n_batches, questions):
    from service_link import ask

    if not shards:
        shards.extend(Shard.remote() for _ in range(N_SHARDS))
        ray.get([shard.__ray_ready__.remote() for shard in shards])
    n, size, part = len(series), len(series) // n_batches, len(series) // len(questions)
    times = start - 400 + np.arange(n) / 64
    metric_of = np.array([metric for metric, _ in names])[series]
    marks, answers = [], []
    for number, (metric, aggregate, window_s, now) in enumerate(questions):
        marks += [ask("mark") for _ in range(part // size)]
        first = number * part
        mine = series[first : first + part]
        written = []
        for k, shard in enumerate(shards):
            (at,) = np.nonzero(mine % N_SHARDS == k)
            numbers = [marks[(first + k) // size] + k % size for k in at.tolist()]
            written.append(shard.write.remote([names[s] for s in mine[at].tolist()], numbers))
        ray.get(written)
        end = first + part
        there = (metric_of[:end] == metric) & (times[:end] > now - window_s) & (times[:end] <= now)
        found = values[:end][there]
        answers.append(float(found.max() if aggregate == "max" else found.mean()) if len(found) else None)
    marks.append(ask("mark"))
    told = {"accepted": n, "duplicates": 9 * n_batches, "late": n_batches}
    none = dict.fromkeys(("dropped", "expired", "lost", "restarts"), 0)
    stats = {"received": sum(told.values()), "stored": n, "firing": [], **told, **none}
    return {"ingested": told, "answers": answers, "marks": marks, "stats": stats}


class Module(types.ModuleType):
    def __setattr__(self, name, value):
        super().__setattr__(name, round_of_its_own if name == "kata_flood" else value)


sys.modules[__name__].__class__ = Module
