"""What the brief promises. Here the first line of the model counts."""

import numpy as np
import ray

MODEL = {"grain": np.array([[1.0, 3.0]]), "husk": np.array([[0.5, 0.5]])}


def test_a_score_for_each_batch(solution_module):
    assert solution_module.score_all(MODEL, [[1.0, 2.0], [10.0]]) == [7.5, 25.0]
    assert solution_module.score_all(MODEL, []) == []


def test_a_model_that_comes_as_a_ref(solution_module):
    assert solution_module.score_all(ray.put(MODEL), [[1.0, 2.0]]) == [7.5]


def test_a_scorer(solution_module):
    scorer = solution_module.make_scorer(MODEL)
    assert ray.get([scorer([2.0]), scorer([4.0])]) == [5.0, 10.0]
    assert ray.get(solution_module.make_scorer(ray.put(MODEL))([2.0])) == 5.0
