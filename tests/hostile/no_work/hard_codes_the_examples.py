# attack: knows the visible examples by heart, and makes up the rest in the right form
# challenge: slow_gets
# at most: 0
# outcomes: fail
# says: scores differ
"""Hopes that the right form earns something, whatever the scores: it does no work at all."""

KNOWN = {31: 0.5, 4: 0.25, 15: 0.125, 5: 0.75, 8: 0.3, 3: 0.1}


def score_all(record_ids, model):
    return [
        {"id": record_id, "error": "not found"}
        if record_id in (7, 17)
        else {"id": record_id, "score": KNOWN.get(record_id, 0.0)}
        for record_id in record_ids
    ]
