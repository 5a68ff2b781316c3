"""What the brief promises. Here `service` makes up its own, fixed records: ids that end in 7 are missing."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

_spec = importlib.util.spec_from_file_location("service", Path(__file__).with_name("service.py"))
service = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(service)


def model_of_seed(seed):
    return np.random.default_rng(seed).normal(0.0, 1.0 / 32.0, service.MODEL_SHAPE)


def score_of(record_id, model):
    return service.score(service.features(service.fetch(record_id)), model)


def test_scores(solution):
    model = model_of_seed(1)
    results = solution.score_all([31, 4, 15], model)
    assert [result["score"] for result in results] == pytest.approx(
        [score_of(record_id, model) for record_id in (31, 4, 15)], rel=0, abs=1e-9
    )


def test_order(solution):
    record_ids = [92, 6, 53, 58, 9, 70, 93]
    results = solution.score_all(record_ids, model_of_seed(1))
    assert [result["id"] for result in results] == record_ids


def test_missing_ids(solution):
    results = solution.score_all([1, 7, 2, 17], model_of_seed(1))
    assert results[1] == {"id": 7, "error": "not found"}
    assert results[3] == {"id": 17, "error": "not found"}
    assert set(results[0]) == set(results[2]) == {"id", "score"}


def test_no_ids(solution):
    assert solution.score_all([], model_of_seed(1)) == []


def test_repeated_ids(solution):
    model = model_of_seed(1)
    results = solution.score_all([5, 8, 5], model)
    assert [result["id"] for result in results] == [5, 8, 5]
    assert [result["score"] for result in results] == pytest.approx(
        [score_of(record_id, model) for record_id in (5, 8, 5)], rel=0, abs=1e-9
    )


def test_another_model(solution):
    scores = [solution.score_all([3], model_of_seed(seed))[0]["score"] for seed in (1, 2)]
    expected = [score_of(3, model_of_seed(seed)) for seed in (1, 2)]
    assert scores == pytest.approx(expected, rel=0, abs=1e-9)
