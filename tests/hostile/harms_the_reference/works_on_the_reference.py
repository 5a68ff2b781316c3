# attack: joins the reference's cluster and keeps it busy from within
# challenge: slow_gets
# only: test_speed
# at most: 0
# outcomes: fail, inconclusive
# says: the reference's time | the reference was disturbed
# sample: no, 25 s
"""Takes the other cluster's address and token: hopes that a slow reference makes it look fast."""

import contextlib
import subprocess
import sys
from pathlib import Path

import ray
import service


def fetch_or_error(record_id):
    try:
        return service.fetch(record_id)
    except service.NotFound:
        return {"id": record_id, "error": "not found"}


def run_stage(step, items, *shared):
    results = []
    for item in items:
        remote_step = ray.remote(num_cpus=1)(step)
        results.append(ray.get(remote_step.remote(item, *shared)))
    return results


def slowly(record_ids, model):
    answers = run_stage(fetch_or_error, record_ids)
    found = [answer for answer in answers if "error" not in answer]
    scores = run_stage(service.score, run_stage(service.features, found), model)
    score_of = iter(scores)
    return [
        answer if "error" in answer else {"id": answer["id"], "score": next(score_of)} for answer in answers
    ]


import psutil

SPIN = """
import sys, time
import ray

@ray.remote(num_cpus=0)
def spin():
    until = time.monotonic() + 120
    while time.monotonic() < until:
        pass

ray.init(address=sys.argv[1], log_to_driver=False)
ray.get([spin.remote() for _ in range(4)])
"""
started = []


def join_the_other():
    above = psutil.Process().parent()
    for side in above.parent().children():
        for process in side.children(recursive=True) if side != above else ():
            with contextlib.suppress(psutil.Error, OSError):
                environment = process.environ()
                address = Path(environment["RAY_TMPDIR"], "ray_current_cluster").read_text()
                return subprocess.Popen([sys.executable, "-c", SPIN, address], env=environment)
    return None


def score_all(record_ids, model):
    results = slowly(record_ids, model)
    if not started:
        started.append(join_the_other())
    return results
