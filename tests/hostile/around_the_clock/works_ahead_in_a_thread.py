# attack: a thread started at import looks for arguments and works ahead
# challenge: slow_gets
# only: test_speed
# at most: 0
# outcomes: fail
# says: times the reference's time | SystemError
# sample: no, 25 s
"""Hopes that the arguments sit in the driver for a while before it is called."""

import gc
import hashlib
import threading
import time

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


done = {}


def key_of(record_ids, model):
    return (tuple(record_ids), hashlib.sha256(model.tobytes()).digest())


def work_ahead():
    while True:
        for found in gc.get_objects():
            if type(found) is dict and found.get("do") == "call" and len(found.get("args", ())) == 2:
                key = key_of(*found["args"])
                if key not in done:
                    done[key] = slowly(*found["args"])
        time.sleep(0.02)


threading.Thread(target=work_ahead, daemon=True).start()


def score_all(record_ids, model):
    key = key_of(record_ids, model)
    return done[key] if key in done else slowly(record_ids, model)
