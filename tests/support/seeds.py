"""Randomness of the engine's tests: seeded, and the seed is shown when a test fails."""

import numpy as np


def seeded(*seed: int) -> np.random.Generator:
    """A generator whose seed pytest shows with the failure."""
    print(f"seed {seed}")
    return np.random.default_rng(seed)
