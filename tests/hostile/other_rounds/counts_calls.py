# attack: tells warm-up from timed rounds by counting calls
# challenge: slow_gets
# only: test_speed
# at most: 0
# outcomes: fail
# says: scores differ
"""Works in the first calls, then returns what it returned before: hopes that timed outputs are not checked."""

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


calls = []


def score_all(record_ids, model):
    if len(calls) < 2:
        calls.append([result["score"] for result in slowly(record_ids, model)])
    return [{"id": record_id, "score": score} for record_id, score in zip(record_ids, calls[0], strict=False)]
