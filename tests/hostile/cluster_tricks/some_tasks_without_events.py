# attack: a task per step, of which only the first reports to the cluster
# challenge: slow_gets
# only: test_few_tasks
# at most: 0
# outcomes: fail
# says: unreported task
"""Every worker is seen at work: hopes that nobody asks what else it did."""

import ray
import service


def silent(function):
    return ray.remote(num_cpus=0.25, enable_task_events=False)(function)


def score_all(record_ids, model):
    model = ray.put(model)
    fetch = ray.remote(num_cpus=0.25)(service.fetch)
    fetched = [fetch.remote(record_id) for record_id in record_ids]
    features = [silent(service.features).remote(raw) for raw in fetched]
    scores = ray.get([silent(service.score).remote(vector, model) for vector in features])
    return [{"id": record_id, "score": score} for record_id, score in zip(record_ids, scores, strict=True)]
