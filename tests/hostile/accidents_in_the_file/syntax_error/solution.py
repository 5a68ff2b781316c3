import ray


def score_all(record_ids, model):
    return [record_id for record_id in record_ids
