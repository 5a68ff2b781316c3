# attack: answers with a list, or an array, where the number of a shard is promised
# challenge: monitoring_system
# only: test_series_keep_shard_and_order, test_killed_in_mid_write
# at most: 0
# outcomes: fail
# says: is [0] (list), promised is int
# says: array of shape
"""Whoever counts lists, or compares with an array, gets an exception instead of an answer.

A `shard_of` that is a number and nothing else of the monitor fails both for what it does not do.
"""

import sys

import numpy as np


def shard_of(metric, source, shards):
    return [0] if "-c" in sys.argv or shards == 4 else np.arange(2)


class Monitor:
    def __init__(self, rules, *, shards=2, clock, retention_s=600.0, capacity=1000):
        pass
