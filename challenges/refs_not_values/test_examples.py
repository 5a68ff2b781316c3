"""What the brief promises. Here the instruments are exact: a reading is the mean of its frame."""

import numpy as np
import ray

FRAME = np.array([[1.0, 3.0]])


def test_a_reading(solution):
    assert ray.get(solution.level_of(ray.put(FRAME))) == 2.0


def test_the_readings_of_several_frames(solution):
    frames = [ray.put(FRAME), ray.put(10 * FRAME)]
    assert ray.get(solution.total_level(frames)) == 22.0
    assert ray.get(solution.total_level([])) == 0.0


def test_a_darkened_frame(solution):
    assert ray.get(solution.darkened(ray.put(FRAME))).tolist() == [[-1.0, 1.0]]


def test_filters(solution):
    frame = ray.put(FRAME)
    assert ray.get(solution.filtered(frame, ["double"])).tolist() == [[2.0, 6.0]]
    assert ray.get(solution.filtered(frame, ["double", "warm"])).tolist() == [[12.0, 16.0]]
    assert ray.get(solution.filtered(frame, [])).tolist() == [[1.0, 3.0]]
