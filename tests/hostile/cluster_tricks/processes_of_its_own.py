# attack: a process pool outside Ray, where no task is counted
# challenge: slow_gets
# only: test_few_tasks, test_workers_do_the_work
# at most: 0
# outcomes: fail
# says: what they cost cannot be counted | outside of Ray's workers
"""No tasks at all are few tasks: hopes that nobody asks who fetched and scored."""

import multiprocessing

import service

shared = []


def score_one(record_id):
    return {"id": record_id, "score": service.score(service.features(service.fetch(record_id)), shared[0])}


def score_all(record_ids, model):
    shared[:] = [model]
    with multiprocessing.get_context("fork").Pool(8) as pool:
        return pool.map(score_one, record_ids)
