def score_all(record_ids, model):
        results = []
	return results
