# attack: kills the raylet
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: fail, crash, timeout
# says: raylet | cluster | the total of | died
# sample: no, 40 s
"""Hopes that a judge without a cluster gives up."""

import psutil
import ray


def total(keys):
    for process in psutil.Process().parent().children(recursive=True):
        if process.name() == "raylet":
            process.kill()
    return ray.get(ray.remote(lambda: 0).remote())
