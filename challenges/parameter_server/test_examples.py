"""What the brief promises, run on a service that serves itself (see service.py)."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

_spec = importlib.util.spec_from_file_location("service", Path(__file__).with_name("service.py"))
service = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(service)

RATE = 0.25
SHARDS = ["north", "south", "west"]


def loop_on_one_machine(weights, shards, steps):
    for step in range(steps):
        gradients = [service.gradient(weights, shard, step) for shard in shards]
        good = [gradient for gradient in gradients if np.isfinite(gradient).all()]
        weights = weights - RATE * (sum(good) / len(good))
    return weights


def test_sync_is_the_loop_on_one_machine(solution):
    initial = np.linspace(-2.0, 2.0, 9)
    result = solution.train(initial, SHARDS, mode="sync", steps=4, learning_rate=RATE)
    expected = loop_on_one_machine(initial, SHARDS, 4)
    assert result["weights"] == pytest.approx(expected, rel=0, abs=1e-9)
    assert result["versions"] == 4
    assert [entry["read"] for entry in result["history"]] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert result["stats"] == {"applied": 12, "rejected": 0}


def test_three_servers_give_what_one_gives(solution):
    initial = np.linspace(-2.0, 2.0, 10)
    options = {"mode": "sync", "steps": 2, "learning_rate": RATE}
    one = solution.train(initial, SHARDS, **options)
    three = solution.train(initial, SHARDS, servers=3, **options)
    assert three["weights"] == pytest.approx(one["weights"], rel=0, abs=1e-9)


@pytest.mark.parametrize("mode", ["async", "ssp"])
def test_each_gradient_makes_a_version(solution, mode):
    result = solution.train(np.zeros(6), SHARDS, mode=mode, steps=5, learning_rate=RATE, staleness=1)
    assert result["versions"] == 15
    assert sorted(entry["version"] for entry in result["history"]) == list(range(1, 16))
    assert all(entry["read"] < entry["version"] for entry in result["history"])


def test_a_bad_gradient_is_rejected(solution):
    shards, initial = ["north", "broken-3"], np.ones(6)
    result = solution.train(initial, shards, mode="sync", steps=3, learning_rate=RATE)
    assert result["weights"] == pytest.approx(loop_on_one_machine(initial, shards, 3), rel=0, abs=1e-9)
    assert result["stats"] == {"applied": 5, "rejected": 1}


def test_nothing_to_do(solution):
    result = solution.train(np.ones(3), SHARDS, mode="async", steps=0, learning_rate=RATE)
    assert result["weights"].tolist() == [1.0, 1.0, 1.0]
    assert result["versions"] == 0
    assert result["history"] == []
