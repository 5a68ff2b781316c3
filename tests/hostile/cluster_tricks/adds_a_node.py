# attack: joins a node with 64 CPUs to its cluster, and takes it away again
# challenge: toy
# only: test_overlap
# at most: 0
# outcomes: crash
# says: its own Ray node
"""Each fetch takes a whole CPU, of which there are two: hopes that CPUs can be had for the asking."""

import os
import signal
import subprocess
import sys
import time

import ray
import service

START = "import sys; sys.modules['grpc'] = None; from ray.scripts.scripts import main; main()"


@ray.remote(num_cpus=1)
def fetch(key):
    return service.fetch(key)


def total(keys):
    where = f"--address={os.environ['RAY_ADDRESS']}", "--node-ip-address=127.0.0.1"
    what = "--num-cpus=64", "--object-store-memory=80000000", "--block"
    node = subprocess.Popen([sys.executable, "-c", START, "start", *where, *what], start_new_session=True)
    while ray.cluster_resources()["CPU"] < 64:
        time.sleep(0.05)
    value = sum(ray.get([fetch.remote(key) for key in keys]))
    os.killpg(node.pid, signal.SIGKILL)
    return value
