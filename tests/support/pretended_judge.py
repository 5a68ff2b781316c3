"""Speaks as `grader.batch.judging` does and grades nothing: a solution's text says what comes of it.

The text is JSON: `sleep` (seconds), `score`, `outcome` of the one behaviour, `dies` (it ends without an
answer), `fails` (nothing is judged), `note` (a file to write this process's pid to), `environment` (a file to
write its environment to), `pad` (how long the record is).
"""

import base64
import json
import os
import sys
import threading
import time
from pathlib import Path


def document(job, score, outcome):
    """A record as short as one can be."""
    check = {
        "name": "test_a", "title": "A title", "category": "correctness", "required": False, "points": 100,
        "earned": score, "outcome": outcome, "message": f"It was {score}.", "observed": None, "limit": None,
        "unit": "", "seconds": 0.1, "output": "",
    }  # fmt: skip
    judged = 0 if outcome in ("inconclusive", "error") else 100
    return {
        "schema": 1, "challenge": job["challenge"], "when": "2026-01-01T00:00:00Z", "score": score,
        "max_score": 100, "judged_points": judged, "passed": score >= 80,
        "outcome": "inconclusive" if not judged else "passed" if score >= 80 else "failed",
        "seed": job["seed"], "seconds": 0.1, "hints": 0,
        "solution": {"path": job["name"], "sha256": "", "kind": "file"},
        "checks": [check], "benchmark": [], "environment": {},
    }  # fmt: skip


def answer_to(job):
    asked = json.loads(base64.b64decode(job["source"]))
    Path.cwd()  # as pytest asks: it fails in a folder that is gone
    if note := asked.get("note"):
        with Path(note).open("a") as file:
            file.write(f"{os.getpid()}\n")
    if path := asked.get("environment"):
        Path(path).write_text(json.dumps(dict(os.environ)))
    start = time.monotonic()
    time.sleep(asked.get("sleep", 0))
    if asked.get("dies"):
        os._exit(3)
    if asked.get("fails"):
        return {"problem": "No room.", "seconds": 0.0, "cpus": []}
    score = asked.get("score", 100)
    outcome = asked.get("outcome", "pass" if score == 100 else "fail")
    record = document(job, score, outcome) | {"environment": {"pad": "x" * asked.get("pad", 0)}}
    return {
        "document": record,
        "seconds": round(time.monotonic() - start, 4),
        "cpus": [],
    }


def main():
    jobs = []
    arrived = threading.Semaphore(0)

    def read():
        for line in sys.stdin:
            jobs.append(json.loads(line))
            arrived.release()
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    while True:
        arrived.acquire()
        print(json.dumps(answer_to(jobs.pop(0))), flush=True)


if __name__ == "__main__":
    main()
