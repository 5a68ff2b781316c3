"""What the brief promises. Here the instruments are exact: a reading is the mean of its frame."""

import numpy as np
import ray

FRAME = np.array([[1.0, 3.0]])


def test_a_reading(solution_module):
    assert ray.get(solution_module.level_of(ray.put(FRAME))) == 2.0


def test_the_readings_of_several_frames(solution_module):
    frames = [ray.put(FRAME), ray.put(10 * FRAME)]
    assert ray.get(solution_module.total_level(frames)) == 22.0
    assert ray.get(solution_module.total_level([])) == 0.0


def test_a_darkened_frame(solution_module):
    assert ray.get(solution_module.darkened(ray.put(FRAME))).tolist() == [[-1.0, 1.0]]


def test_filters(solution_module):
    frame = ray.put(FRAME)
    assert ray.get(solution_module.filtered(frame, ["double"])).tolist() == [[2.0, 6.0]]
    assert ray.get(solution_module.filtered(frame, ["double", "warm"])).tolist() == [[12.0, 16.0]]
    assert ray.get(solution_module.filtered(frame, [])).tolist() == [[1.0, 3.0]]
