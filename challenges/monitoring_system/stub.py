"""The monitor: shards hold the samples, and the rules are checked on each call of alerts."""

import math
import time
from collections import deque

import ray

from service import archive


def shard_of(metric, source, shards):
    """The shard that holds a series."""
    return hash((metric, source)) % shards


@ray.remote
class Shard:
    """Holds the samples of its series in the order in which they arrived."""

    def __init__(self):
        self.samples = deque()

    def add(self, sample):
        """Store a sample and pass it to the archive."""
        self.samples.append(sample)
        archive([sample])

    def size(self):
        """The number of samples stored."""
        return len(self.samples)

    def summary(self, metric, since, until):
        """Summarise a metric between two points in time."""
        found = [s for s in self.samples if s[0] == metric and since < s[3] <= until]
        if not found:
            return None
        values = sorted(s[4] for s in found)
        return {
            "count": len(values),
            "sum": sum(values),
            "min": values[0],
            "max": values[-1],
            "last": (found[-1][3], found[-1][4]),
            "p95": values[math.ceil(0.95 * len(values)) - 1],
        }


class Monitor:
    """Takes samples, answers queries and reports which alerts have changed; see the brief."""

    def __init__(self, rules, *, shards=2, clock, retention_s=600.0, capacity=1000):
        self.rules = rules
        self.shards = [Shard.remote() for _ in range(shards)]
        self.received = 0
        self.over_since = {}
        self.raised = set()

    def ingest(self, samples):
        """Hand each sample to its shard."""
        for sample in samples:
            shard = self.shards[shard_of(sample[0], sample[1], len(self.shards))]
            ray.get(shard.add.remote(sample))
        self.received += len(samples)
        return {"accepted": len(samples), "duplicates": 0, "late": 0}

    def query(self, metric, aggregate, window_s, now):
        """Ask every shard and combine the answers."""
        found = []
        for shard in self.shards:
            summary = ray.get(shard.summary.remote(metric, now - window_s, now))
            if summary is not None:
                found.append(summary)
        if not found:
            return 0 if aggregate == "count" else None
        if aggregate == "mean":
            return sum(s["sum"] for s in found) / sum(s["count"] for s in found)
        if aggregate == "last":
            return max(s["last"] for s in found)[1]
        if aggregate == "p95":
            return sum(s["p95"] for s in found) / len(found)
        combine = {"count": sum, "sum": sum, "min": min, "max": max}[aggregate]
        return combine(s[aggregate] for s in found)

    def alerts(self, now):
        """Evaluate each rule and return what has changed."""
        changes = []
        for rule in self.rules:
            name = rule["name"]
            if rule["kind"] == "no_data":
                value = self.query(rule["metric"], "count", rule["after_s"], now)
                bad, for_s = value == 0, 0
            else:
                value = self.query(rule["metric"], rule["aggregate"], rule["window_s"], now) or 0.0
                bad = value > rule["limit"] if rule["op"] == ">" else value < rule["limit"]
                for_s = rule["for_s"]
            today = time.time()
            if not bad:
                self.over_since.pop(name, None)
            elif today - self.over_since.setdefault(name, today) >= for_s:
                self.raised.add(name)
                changes.append({"rule": name, "event": "raised", "at": now, "value": value})
                continue
            if name in self.raised:
                self.raised.remove(name)
                changes.append({"rule": name, "event": "resolved", "at": now, "value": value})
        return changes

    def stats(self):
        """Count what has become of the samples."""
        stored = sum(ray.get([shard.size.remote() for shard in self.shards]))
        return {
            "received": self.received,
            "accepted": self.received,
            "duplicates": 0,
            "late": 0,
            "stored": stored,
            "dropped": 0,
            "expired": 0,
            "lost": self.received - stored,
            "restarts": 0,
            "firing": [rule["name"] for rule in self.rules if rule["name"] in self.raised],
        }

    def close(self):
        """Kill the shards."""
        for shard in self.shards:
            ray.kill(shard)
