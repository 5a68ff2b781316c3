score_all = []
