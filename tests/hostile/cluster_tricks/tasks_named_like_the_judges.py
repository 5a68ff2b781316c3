# attack: a task per step, each under the name of the judge's own tasks
# challenge: slow_gets
# only: test_few_tasks
# at most: 0
# outcomes: fail
# says: records became 72 tasks
"""The judge runs its own task to see how far the cluster's news has got; hopes that it goes by names."""

import ray
import service


def named_like_the_judges(function):
    def kata_marker(*args):
        return function(*args)

    return ray.remote(num_cpus=0.25)(kata_marker)


def score_all(record_ids, model):
    model = ray.put(model)
    fetched = [named_like_the_judges(service.fetch).remote(record_id) for record_id in record_ids]
    features = [named_like_the_judges(service.features).remote(raw) for raw in fetched]
    scores = ray.get([named_like_the_judges(service.score).remote(vector, model) for vector in features])
    return [{"id": record_id, "score": score} for record_id, score in zip(record_ids, scores, strict=True)]
