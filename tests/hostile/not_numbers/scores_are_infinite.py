# attack: answers with infinity and minus infinity instead of computing scores
# challenge: slow_gets
# only: test_scores_are_right, test_any_list_of_ids, test_two_models_never_mix
# at most: 0
# outcomes: fail
# says: ["score"] is inf, promised is a finite float | ["score"] is -inf, promised is a finite float
"""Hopes that a difference from infinity is not a number, and that nothing is larger than that.

The same program with the scores of `service.score` passes all three.
"""

import math


def score_all(record_ids, model):
    return [
        {"id": record_id, "score": math.inf if n % 2 else -math.inf} for n, record_id in enumerate(record_ids)
    ]
