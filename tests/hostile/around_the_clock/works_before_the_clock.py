# attack: reads its arguments from the wire and works before the clock starts
# challenge: slow_gets
# only: test_speed
# at most: 0
# outcomes: fail
# says: times the reference's time
# sample: no, 40 s
"""Replaces what the driver receives with: hopes that arguments arrive before the clock starts."""

import ray
import service
import kata_wire


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


done = []
receive = kata_wire.receive


def receive_and_work(*args, **kwargs):
    request = receive(*args, **kwargs)
    if isinstance(request, dict) and request.get("do") == "call":
        done[:] = [slowly(*request["args"])]
    return request


kata_wire.receive = receive_and_work


def score_all(record_ids, model):
    return done.pop() if done else slowly(record_ids, model)
