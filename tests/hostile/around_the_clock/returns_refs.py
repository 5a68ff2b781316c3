# attack: returns ObjectRefs: the work is done after the clock has stopped
# challenge: slow_gets
# only: test_scores_are_right, test_speed
# at most: 0
# outcomes: fail
# says: ObjectRef; expected plain data
"""Hopes that the judge waits for the refs after its clock has stopped."""

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


@ray.remote(num_cpus=0)
def later(record_ids, model):
    return slowly(record_ids, model)


def score_all(record_ids, model):
    return [later.remote(record_ids, model)]
