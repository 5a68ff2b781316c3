"""What runs for a shop: functions and classes cannot be sent to the driver, so they are made there."""

from __future__ import annotations

import os
from typing import Any

import ray
import service

VARIABLE = "BAKERY_SHOP"


def print_label(bread: str) -> str:
    """Print where this runs."""
    return service.print_label(bread)


def print_in_a_child(bread: str) -> str:
    """Print in a task that asks for nothing itself."""
    return ray.get(ray.remote(print_label).remote(bread))


@ray.remote
class Counter:
    """Sells bread, with labels."""

    def sell(self, bread: str) -> str:
        """A label for this bread."""
        return service.print_label(bread)


def run(solution: Any, shop: Any, breads: list[str], where: str = "in the task") -> Any:
    """Print labels for a shop."""
    return solution.run_for(shop, print_label if where == "in the task" else print_in_a_child, breads)


def sell(solution: Any, shop: Any, breads: list[str]) -> Any:
    """Print labels at an actor."""
    counter = solution.start_for(shop, Counter)
    return ray.get([counter.sell.remote(bread) for bread in breads])


def elsewhere(_solution: Any, breads: list[str]) -> tuple[str, list[str]]:
    """The shop in the driver's environment; and labels from tasks that ask for no environment."""
    task = ray.remote(print_label)
    return os.environ.get(VARIABLE, "no shop"), ray.get([task.remote(bread) for bread in breads])
