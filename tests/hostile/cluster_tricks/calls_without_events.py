# attack: an actor call per step, none of which reports, on actors that end with the call
# challenge: slow_gets
# only: test_few_tasks
# at most: 0
# outcomes: fail
# says: unreported task
"""An actor is seen, its calls are not: hopes that nobody can ask it when the call is over."""

import ray
import service

N_SCORERS = 4


@ray.remote(num_cpus=1, enable_task_events=False)
class Scorer:
    def __init__(self, model):
        self.model = model

    def fetch(self, record_id):
        return service.fetch(record_id)

    def features(self, raw):
        return service.features(raw)

    def score(self, features):
        return service.score(features, self.model)


def score_all(record_ids, model):
    model = ray.put(model)
    scorers = [Scorer.options(max_concurrency=8).remote(model) for _ in range(N_SCORERS)]
    scores = []
    for position, record_id in enumerate(record_ids):
        scorer = scorers[position % N_SCORERS]
        features = scorer.features.remote(scorer.fetch.remote(record_id))
        scores.append(scorer.score.remote(features))
    return [
        {"id": record_id, "score": score}
        for record_id, score in zip(record_ids, ray.get(scores), strict=True)
    ]
