def scoreall(record_ids, model):
    return []
