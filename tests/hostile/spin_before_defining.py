while True:
    pass


def score_all(record_ids, model):
    return []
