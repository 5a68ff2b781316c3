"""What is applied to letters: a function cannot be sent to the driver, so it is made there."""

from __future__ import annotations

from typing import Any

import numpy as np
import service

TABLE_BYTES = 2_000_000


class Stamp:
    """Stamps a letter, and carries a table as a model or a dictionary would be."""

    def __init__(self) -> None:
        self.table = np.arange(TABLE_BYTES // 8)

    def __call__(self, letter: str) -> str:
        """The postmark."""
        return service.stamp(letter)


def stamp_all(solution: Any, letters: list[str], kind: str = "list") -> Any:
    """Map over the letters, as a list or as a generator."""
    items = letters if kind == "list" else (letter for letter in letters)
    return solution.map_batched(Stamp(), items)
