# rejected-by: test_workers_do_the_work, test_killed_worker_costs_nothing
"""Believed that threads do it without Ray: they wait well, but on one machine and in one process."""

from concurrent.futures import ThreadPoolExecutor

import service


def score_record(record_id, model):
    try:
        raw = service.fetch(record_id)
    except service.NotFound:
        return {"id": record_id, "error": "not found"}
    return {"id": record_id, "score": service.score(service.features(raw), model)}


def score_all(record_ids, model):
    with ThreadPoolExecutor(32) as threads:
        return list(threads.map(lambda i: score_record(i, model), record_ids))
