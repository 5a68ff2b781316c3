# attack: moves the reference to one CPU and lowers its priority
# challenge: slow_gets
# only: test_speed
# at most: 0
# outcomes: fail, inconclusive
# says: the reference's time | the reference was disturbed
"""Hopes that nobody looks at how the reference is scheduled."""

import contextlib

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


def others():
    """Processes of the other side: below the process that is above this side's."""
    above = psutil.Process().parent()
    judge = above.parent()
    return [p for side in judge.children() if side != above for p in side.children(recursive=True)]


def score_all(record_ids, model):
    with contextlib.suppress(psutil.Error, OSError):
        for process in others():
            with contextlib.suppress(psutil.Error, OSError):
                process.cpu_affinity([0])
                process.nice(19)
    return slowly(record_ids, model)
