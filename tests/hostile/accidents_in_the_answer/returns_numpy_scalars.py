# attack: returns NumPy scalars where floats were promised
# challenge: slow_gets
# only: test_scores_are_right, test_any_list_of_ids, test_few_tasks
# at most: 0
# outcomes: fail
# says: is of type numpy.float64; expected plain data
"""An accident: NumPy scalars look like floats."""

import numpy as np
import ray
import service


@ray.remote(num_cpus=0.25)
def score_record(record_id, model):
    raw = service.fetch(record_id)
    return {"id": record_id, "score": service.score(service.features(raw), model)}


def score_all(record_ids, model):
    model = ray.put(model)
    refs = [score_record.remote(record_id, model) for record_id in record_ids]
    return [result | {"score": np.float64(result["score"])} for result in ray.get(refs)]
