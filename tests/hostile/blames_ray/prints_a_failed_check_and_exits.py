# attack: prints what Ray logs when one of its checks fails, then ends with Ray's status
# challenge: toy
# only: test_total, test_overlap
# at most: 0
# outcomes: crash
# says: ended with exit status 1
"""Hopes that words and a status are taken for Ray's."""

import os

WORDS = """\
[2026-11-25 19:42:01,157 C {0} {0}] reference_counter.cc:581:  Check failed: submitted_task_ref_count > 0
*** StackTrace Information ***
ray/_raylet.so(_ZN3ray6RayLogD1Ev+0x469) [0x7fd3251c9] ray::RayLog::~RayLog()
"""


def total(keys):
    os.write(2, WORDS.format(os.getpid()).encode())
    os._exit(1)
