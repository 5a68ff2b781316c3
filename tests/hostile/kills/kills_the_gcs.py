# attack: kills the cluster's head, from a worker
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: fail, crash, timeout
# says: cluster | the total of | died | exit status
"""Hopes that a judge without tables gives up."""

import os

import psutil
import ray


@ray.remote(max_retries=0)
def kill():
    for process in psutil.process_iter(["name", "environ"]):
        ours = (process.info["environ"] or {}).get("KATA_SIDE") == os.environ["KATA_SIDE"]
        if ours and process.info["name"] == "gcs_server":
            process.kill()
    return 0


def total(keys):
    ray.get(kill.remote())
    return 0
