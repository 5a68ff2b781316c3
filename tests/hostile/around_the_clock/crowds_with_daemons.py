# attack: keeps the CPUs busy with processes of its own while it is timed
# challenge: toy
# only: test_speed
# at most: 0
# outcomes: fail
# says: times the reference's time
"""Hopes that the machine looks too crowded to judge a slow program."""

import os
import subprocess
import sys

import ray
import service

SPIN = "import time\nuntil = time.monotonic() + 300\nwhile time.monotonic() < until: pass"


@ray.remote
def fetch(key):
    return service.fetch(key)


started = []


def total(keys):
    if not started:
        for _ in range(4 * os.cpu_count()):
            spinning = [sys.executable, "-I", "-c", SPIN, "hostile-spinner"]
            started.append(subprocess.Popen(spinning, start_new_session=True, preexec_fn=lambda: os.nice(19)))
    return sum(ray.get(fetch.remote(key)) for key in keys)
