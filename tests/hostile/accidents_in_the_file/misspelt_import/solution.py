import rays


def score_all(record_ids, model):
    return []
