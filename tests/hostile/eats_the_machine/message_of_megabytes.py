# attack: returns text that would fill the report
# challenge: slow_gets
# only: test_scores_are_right, test_other_errors_are_raised
# at most: 0
# outcomes: fail
# says: promised is
"""Hopes that the judge repeats everything it is told. 20 MB of it."""


def score_all(record_ids, model):
    return [{"id": record_id, "error": ("passed " * 3_000_000).encode()} for record_id in record_ids[:1]]
