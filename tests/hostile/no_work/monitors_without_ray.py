# attack: keeps all samples in the driver and writes to the archive from threads of its own
# challenge: monitoring_system
# at most: 0
# outcomes: fail, crash, timeout
# says: Samples were archived outside of Ray's workers
# sample: no
"""A monitor that is right about windows, copies and alerts, without a single actor: hopes that only answers count.

The honest twin keeps the same samples in actors: reference/monitoring_system gets all points.
"""

import math
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor

import service

OVER = {">": lambda value, limit: value > limit, "<": lambda value, limit: value < limit}


def shard_of(metric, source, shards):
    return zlib.crc32(f"{metric} {source}".encode()) % shards


class Monitor:
    def __init__(self, rules, *, shards=2, clock, retention_s=600.0, capacity=1000):
        self.rules, self.shards, self.clock = rules, shards, clock
        self.retention_s, self.capacity, self.made = retention_s, capacity, clock()
        self.series, self.newest, self.since, self.raised = {}, {}, {}, set()
        keys = ("accepted", "duplicates", "late", "dropped", "expired", "lost", "restarts")
        self.counts = dict.fromkeys(keys, 0)
        self.lock, self.threads = threading.Lock(), ThreadPoolExecutor(shards)

    def expire(self):
        oldest = self.clock() - self.retention_s
        for held in self.series.values():
            for seq in [seq for seq, sample in held.items() if sample[3] <= oldest]:
                del held[seq]
                self.counts["expired"] += 1
        return oldest

    def ingest(self, samples):
        seen, new = dict.fromkeys(("accepted", "duplicates", "late"), 0), {}
        with self.lock:
            oldest = self.expire()
            for sample in samples:
                metric, source, seq, timestamp, _ = sample
                held = self.series.setdefault((metric, source), {})
                kind = "late" if timestamp <= oldest else "duplicates" if seq in held else "accepted"
                seen[kind] += 1
                if kind == "accepted":
                    held[seq] = sample
                    self.newest[metric] = max(timestamp, self.newest.get(metric, timestamp))
                    new.setdefault(shard_of(metric, source, self.shards), []).append(sample)
                    if len(held) > self.capacity:
                        del held[min(held, key=lambda number: held[number][3])]
                        self.counts["dropped"] += 1
            for kind, number in seen.items():
                self.counts[kind] += number
        list(self.threads.map(service.archive, new.values()))
        return seen

    def query(self, metric, aggregate, window_s, now):
        with self.lock:
            self.expire()
            held = [samples for (name, _), samples in self.series.items() if name == metric]
            found = [s for samples in held for s in samples.values() if now - window_s < s[3] <= now]
        values = sorted(sample[4] for sample in found)
        if aggregate == "count" or not values:
            return len(values) if aggregate == "count" else None
        return {
            "sum": math.fsum(values),
            "mean": math.fsum(values) / len(values),
            "min": values[0],
            "max": values[-1],
            "last": max(found, key=lambda sample: sample[3])[4],
            "p95": values[-(-95 * len(values) // 100) - 1],
        }[aggregate]

    def alerts(self, now):
        changes = []
        for rule in self.rules:
            name, up = rule["name"], rule["name"] in self.raised
            if rule["kind"] == "no_data":
                value = now - self.newest.get(rule["metric"], self.made)
                after = value >= rule["after_s"]
            else:
                value = self.query(rule["metric"], rule["aggregate"], rule["window_s"], now)
                over = OVER[rule["op"]]
                if up:
                    after = value is None or over(value, rule["clear"])
                elif value is None or not over(value, rule["limit"]):
                    after = bool(self.since.pop(name, None)) and False
                else:
                    after = now - self.since.setdefault(name, now) >= rule["for_s"]
            if after != up:
                self.since.pop(name, None)
                (self.raised.add if after else self.raised.discard)(name)
                event = "raised" if after else "resolved"
                changes.append({"rule": name, "event": event, "at": now, "value": value})
        return changes

    def stats(self):
        with self.lock:
            self.expire()
            received = sum(self.counts[key] for key in ("accepted", "duplicates", "late"))
            stored = sum(map(len, self.series.values()))
        firing = [rule["name"] for rule in self.rules if rule["name"] in self.raised]
        return self.counts | {"received": received, "stored": stored, "firing": firing}

    def close(self):
        self.threads.shutdown()
