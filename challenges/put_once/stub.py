"""Scores batches of grain samples on Ray workers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ray
import service
from ray import ObjectRef


@ray.remote
def score(model: Any, batch: list[float]) -> float:
    return service.score(model, batch)


def loaded(model: Any) -> Any:
    """The model itself, also if it came as a ref."""
    return ray.get(model) if isinstance(model, ObjectRef) else model


def score_all(model: Any, batches: list[list[float]]) -> list[float]:
    """The score of each batch."""
    model = loaded(model)
    return ray.get([score.remote(model, batch) for batch in batches])


def make_scorer(model: Any) -> Callable[[list[float]], ObjectRef]:
    """A function that scores one batch."""
    model = loaded(model)

    @ray.remote
    def score_batch(batch: list[float]) -> float:
        return service.score(model, batch)

    return score_batch.remote
