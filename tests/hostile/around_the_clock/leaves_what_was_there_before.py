# attack: makes shards when it is imported, and leaves as many behind when it is closed
# challenge: monitoring_system
# only: test_nothing_left_behind
# at most: 0
# outcomes: fail
# says: After close these are left: 3 Shard actor(s) still alive
"""Hopes that what was there before a monitor is no part of what it leaves.

The honest twin makes none beforehand, leaves its own three in the same way, and fails for it.
"""

import zlib

import ray
import service


@ray.remote(num_cpus=0)
class Shard:
    def ingest(self, samples):
        service.archive(samples)


left = [Shard.remote() for _ in range(3)]
ray.get([shard.__ray_ready__.remote() for shard in left])


def shard_of(metric, source, shards):
    return zlib.crc32(f"{metric} {source}".encode()) % shards


class Monitor:
    """Enough for one ingest and one rule: nothing else is asked for here."""

    def __init__(self, rules, *, shards=2, clock, retention_s=600.0, capacity=1000):
        self.rules, self.samples, self.raised = rules, [], []
        self.shards = [Shard.remote() for _ in range(shards)]

    def ingest(self, samples):
        self.samples += samples
        parts = [[] for _ in self.shards]
        for sample in samples:
            parts[shard_of(*sample[:2], len(parts))].append(sample)
        ray.get([shard.ingest.remote(part) for shard, part in zip(self.shards, parts) if part])
        return {"accepted": len(samples), "duplicates": 0, "late": 0}

    def query(self, metric, aggregate, window_s, now):
        return len(self.samples)

    def alerts(self, now):
        self.raised = [rule["name"] for rule in self.rules]
        highest = max(sample[4] for sample in self.samples)
        return [{"rule": name, "event": "raised", "at": now, "value": highest} for name in self.raised]

    def stats(self):
        n, none = (
            len(self.samples),
            dict.fromkeys(("duplicates", "late", "dropped", "expired", "lost", "restarts"), 0),
        )
        return {"received": n, "accepted": n, "stored": n, "firing": self.raised, **none}

    def close(self):
        while self.shards:
            if left:
                ray.kill(left.pop(0))
            kept.append(self.shards.pop())


kept = []
