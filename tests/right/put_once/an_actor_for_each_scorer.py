"""A scorer is an actor that has the model; `score_all` gives each of two tasks every second batch.

The model is an argument of the actor's constructor: that stores it as `ray.put` would, and the actor keeps a
view of the stored memory. Against the reference: an actor is a process, which takes a second to start; in
return it can keep what it computes from the model.
"""

import ray
import service


@ray.remote(num_cpus=0)
class Scorer:
    def __init__(self, model):
        self.model = model

    def score(self, batch):
        return service.score(self.model, batch)


class Handle:
    def __init__(self, model):
        self.actor = Scorer.remote(model)

    def __call__(self, batch):
        return self.actor.score.remote(batch)


def make_scorer(model):
    return Handle(model)


@ray.remote
def score_some(model, batches):
    return [service.score(model, batch) for batch in batches]


def score_all(model, batches):
    if not isinstance(model, ray.ObjectRef):
        model = ray.put(model)
    shares = [batches[k::2] for k in range(2)]
    scores = [0.0] * len(batches)
    parts = ray.get([score_some.remote(model, share) for share in shares if share])
    for k, part in enumerate(parts):
        scores[k::2] = part
    return scores
