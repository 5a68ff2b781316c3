# attack: forks daemons in sessions of their own, from Ray workers
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: fail
# says: the total of
"""Hopes that what a worker leaves behind is taken for a part of the cluster."""

import os
import subprocess
import sys

import ray

WAIT = "import time; time.sleep(300)"


@ray.remote(num_cpus=0.25)
def leave_daemons():
    started = []
    for _ in range(4):
        started.append(
            subprocess.Popen([sys.executable, "-I", "-c", WAIT, "hostile-daemon"], start_new_session=True)
        )
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execve(sys.executable, [sys.executable, "-I", "-c", WAIT, "hostile-daemon"], {})
            os._exit(0)
    return 0 * len(started)


def total(keys):
    return sum(ray.get([leave_daemons.remote() for _ in range(2)]))
