"""Nightly credit scoring: fetch the records, compute the features, score them with the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import ray

import service


def fetch_or_error(record_id: int) -> dict[str, Any]:
    try:
        return service.fetch(record_id)
    except service.NotFound:
        return {"id": record_id, "error": "not found"}


def run_stage(step: Callable[..., Any], items: Sequence[Any], *shared: Any) -> list[Any]:
    """Apply one step to every item, on the cluster."""
    results = []
    for item in items:
        remote_step = ray.remote(num_cpus=1)(step)
        results.append(ray.get(remote_step.remote(item, *shared)))
    return results


def score_all(record_ids: Sequence[int], model: np.ndarray) -> list[dict[str, Any]]:
    """Score every record; one dict per id, in order."""
    answers = run_stage(fetch_or_error, record_ids)
    found = [answer for answer in answers if "error" not in answer]
    features = run_stage(service.features, found)
    scores = run_stage(service.score, features, model)

    score_of = iter(scores)
    return [
        answer if "error" in answer else {"id": answer["id"], "score": next(score_of)} for answer in answers
    ]
