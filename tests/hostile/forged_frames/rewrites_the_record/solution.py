# attack: a daemon rewrites the record as soon as it is there
# challenge: toy
# at most: 0
# outcomes: fail
# says: the total of 6 keys is 0, expected
# through: command, from the attack's folder
"""Finds where records are kept, waits for this run's and turns it into a pass: hopes to outlive the grading."""

import json
import os
import sys
import time
from pathlib import Path


def folders():
    """Where records may lie: as the processes above this one tell by their environment and command line."""
    pid = os.getpid()
    for _ in range(4):
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
            environ = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        except OSError:
            return
        for word in environ.split("\0"):
            if word.startswith("KATA_ROOT="):
                yield Path(word.partition("=")[2], ".grade")
        for word in words.split("\0"):
            if word.endswith("grade.py"):
                yield Path(word).parent / ".grade"
        pid = int(stat.rpartition(")")[2].split()[1])


def rewrite(path):
    record = json.loads(path.read_text())
    for check in record["checks"]:
        check |= {"earned": check["points"], "outcome": "pass"}
    path.write_text(json.dumps(record | {"score": 100, "passed": True, "outcome": "passed"}))


def haunt():
    started = time.time()
    for _ in range(600):
        for folder in set(folders()):
            for path in folder.rglob("*.json"):
                if path.stat().st_mtime > started:
                    rewrite(path)
        time.sleep(0.05)


if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        try:
            haunt()
        finally:
            os._exit(0)
    os._exit(0)


def total(keys):
    return 0
