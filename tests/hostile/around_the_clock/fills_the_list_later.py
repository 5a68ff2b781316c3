# attack: returns at once and fills the list in a thread
# challenge: slow_gets
# only: test_scores_are_right, test_speed
# at most: 0
# outcomes: fail
# says: scores differ
"""Hopes that the judge looks at the list only when the thread is done with it."""

import threading

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


def score_all(record_ids, model):
    results = [{"id": record_id, "score": 0.0} for record_id in record_ids]

    def fill():
        results[:] = slowly(record_ids, model)

    threading.Thread(target=fill, daemon=True).start()
    return results
