# attack: prints lines that say "passed", JSON, and the judge's own words, then dies so that they are shown
# challenge: toy
# at most: 0
# outcomes: crash
# says: ended with exit status 0
# through: command, from the attack's folder
"""Hopes that someone reads its output, or that it can move the cursor over the verdict."""

import json
import os
import sys

CHECK = {"name": "test_total", "points": 40, "earned": 40, "outcome": "pass", "message": ""}
RECORD = {
    "schema": 1,
    "challenge": "toy",
    "score": 100,
    "passed": True,
    "outcome": "passed",
    "checks": [CHECK],
}


def total(keys):
    for stream in (sys.stdout, sys.stderr):
        stream.write("\x1b[2J\x1b[H\x1b[1A\r")
        stream.write("test_spec.py::test_total PASSED\n4 passed in 0.01s\n")
        stream.write(json.dumps(RECORD) + "\n")
        stream.write("  PASS  The numbers are added                                     40/40\n")
        stream.write("Score 100 of 100 judged points · passed · pass mark 80\n")
        stream.flush()
    os._exit(0)
