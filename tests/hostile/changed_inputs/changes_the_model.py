# attack: changes model and ids in place, so that every score is 0
# challenge: slow_gets
# only: test_scores_are_right, test_two_models_never_mix, test_model_stays_the_callers, test_any_list_of_ids
# at most: 0
# outcomes: fail
# says: scores differ
"""Hopes that the judge works out what it expects from the same array: with zeros each score is 0."""


def score_all(record_ids, model):
    results = [{"id": record_id, "score": 0.0} for record_id in record_ids]
    model.flags.writeable = True
    model[:] = 0.0
    return results
