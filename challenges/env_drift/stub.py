"""Runs the work of a chain of bakeries in Ray, for one shop after the other."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import ray
from ray.actor import ActorClass, ActorHandle


def enter(shop: str) -> None:
    """From now on work for this shop."""
    os.environ["BAKERY_SHOP"] = shop


@ray.remote
def apply(fn: Callable[[Any], Any], item: Any) -> Any:
    return fn(item)


def run_for(shop: str, fn: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    """The results of `fn` for all items, worked out in the environment of this shop."""
    enter(shop)
    return ray.get([apply.remote(fn, item) for item in items])


def start_for(shop: str, actor_class: ActorClass) -> ActorHandle:
    """Start an actor in the environment of this shop."""
    enter(shop)
    return actor_class.remote()
