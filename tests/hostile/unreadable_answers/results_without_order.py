# attack: answers with keys, ids and scores that can be neither sorted, counted nor compared
# challenge: slow_gets
# only: test_scores_are_right, test_results_keep_input_order, test_any_list_of_ids, test_few_tasks
# at most: 0
# outcomes: fail
# says: score_all()[0]
"""Every result is odd in its own way: mixed keys, an array for a score, a ragged list for an id, a deep one.

The same program with plain numbers passes all four.
"""

import numpy as np


def deep(leaf):
    for _ in range(50):
        leaf = [leaf]
    return leaf


def score_all(record_ids, model):
    odd = (
        lambda record_id: {"id": record_id, "score": np.full(3, 0.5)},
        lambda record_id: {"id": [record_id, [record_id, []]], "score": 0.5},
        lambda record_id: {"id": record_id, 1: 0.5, b"score": 0.5},
        lambda record_id: {"id": record_id, "score": deep(0.5)},
    )
    return [odd[n % len(odd)](record_id) for n, record_id in enumerate(record_ids)]
