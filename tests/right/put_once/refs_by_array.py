"""Each array is stored by itself; the task gets a dict of refs and gets the arrays.

Against the reference: a task could get only the arrays that it needs, and two models could share one. A model
that comes as a ref stays as it is. More refs to hand on."""

import ray
import service


def in_parts(model):
    if isinstance(model, ray.ObjectRef):
        return model
    return {name: ray.put(array) for name, array in model.items()}


@ray.remote
def score(parts, batch):
    parts = {name: ray.get(part) if isinstance(part, ray.ObjectRef) else part for name, part in parts.items()}
    return service.score(parts, batch)


class Scorer:
    def __init__(self, model):
        self.parts = in_parts(model)

    def __call__(self, batch):
        return score.remote(self.parts, batch)


def make_scorer(model):
    return Scorer(model)


def score_all(model, batches):
    scorer = Scorer(model)
    return ray.get(list(map(scorer, batches)))
