# attack: moves the reference to one CPU and lowers its priority, and the process that guards it as well
# challenge: slow_gets
# only: test_speed
# at most: 0
# outcomes: fail, inconclusive
# says: the reference's time | the reference was disturbed
"""Hopes that the reference is compared with its guard: both are as they should not be."""

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


import os

import psutil


def others():
    """Processes of the other side: the one that is above them, and all below it."""
    above = psutil.Process().parent()
    judge = above.parent()
    return [p for side in judge.children() if side != above for p in (side, *side.children(recursive=True))]


def score_all(record_ids, model):
    for process in others():
        with contextlib.suppress(OSError):
            for thread in map(int, os.listdir(f"/proc/{process.pid}/task")):
                with contextlib.suppress(OSError):
                    os.sched_setaffinity(thread, [0])
                    os.setpriority(os.PRIO_PROCESS, thread, 19)
    return slowly(record_ids, model)
