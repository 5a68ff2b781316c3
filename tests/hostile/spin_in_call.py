def score_all(record_ids, model):
    while True:
        pass
