# attack: does not use Ray at all
# challenge: slow_gets
# only: test_fetches_overlap, test_workers_do_the_work, test_killed_worker_costs_nothing
# at most: 0
# outcomes: fail, crash
# says: came from outside of Ray's workers
"""A right loop in the driver: hopes that nobody sees where the work is done."""

import service


def score_all(record_ids, model):
    results = []
    for record_id in record_ids:
        try:
            raw = service.fetch(record_id)
        except service.NotFound:
            results.append({"id": record_id, "error": "not found"})
        else:
            results.append({"id": record_id, "score": service.score(service.features(raw), model)})
    return results
