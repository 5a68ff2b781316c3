# attack: stops the reference's processes
# challenge: slow_gets
# only: test_speed
# at most: 0
# outcomes: fail, inconclusive
# says: the reference's time | the reference was disturbed
# sample: no, 20 s, and a minute or two before the reference serves again
"""Hopes that a reference that does not answer cannot be faster."""

import contextlib
import signal

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

stopped = []


def others():
    """Processes of the other side: below the process that is above this side's."""
    above = psutil.Process().parent()
    judge = above.parent()
    return [p for side in judge.children() if side != above for p in side.children(recursive=True)]


def score_all(record_ids, model):
    results = slowly(record_ids, model)
    with contextlib.suppress(psutil.Error):
        stopped.extend(others() if not stopped else [])
    for process in stopped:
        with contextlib.suppress(psutil.Error):
            process.send_signal(signal.SIGSTOP)
    return results
