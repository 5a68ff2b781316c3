# attack: prints what Ray logs when one of its checks fails, then raises SIGABRT, in a worker
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: fail
# says: died
"""Hopes that a worker's end is Ray's fault."""

import os
import signal
import sys

import ray

WORDS = """\
[2026-11-25 19:42:01,157 C {0} {0}] reference_counter.cc:581:  Check failed: submitted_task_ref_count > 0
*** StackTrace Information ***
ray/_raylet.so(_ZN3ray6RayLogD1Ev+0x469) [0x7fd3251c9] ray::RayLog::~RayLog()
"""


@ray.remote(max_retries=0)
def abort():
    sys.stderr.write(WORDS.format(os.getpid()))
    sys.stderr.flush()
    os.kill(os.getpid(), signal.SIGABRT)


def total(keys):
    return ray.get(abort.remote())
