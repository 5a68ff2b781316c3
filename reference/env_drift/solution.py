"""Give the setting to Ray: the environment of a process is made when the process starts.

The problem. An environment variable belongs to a process. What the driver sets in its own is not in the
workers, which Ray started earlier, and on a cluster on other machines.

The obvious program sets it in the task instead. Then it is too late: a library that was imported with the
task's code has read it already. And it stays: the next task in this worker finds it there.

The design. `runtime_env` is a part of the request for a worker. Ray gives the task a worker that was started
with these variables, and keeps workers with other ones apart. What a task starts in turn inherits it.

    run_for("north")  --> worker  BAKERY_SHOP=north  --> its children: BAKERY_SHOP=north
    run_for("south")  --> worker  BAKERY_SHOP=south
    other tasks       --> worker  no BAKERY_SHOP

The price. A worker with a new environment has to start, about a second; later tasks with an equal one use it
again, so keep environments few and equal. For a single setting of the whole job, give it to `ray.init`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ray
from ray.actor import ActorClass, ActorHandle


def environment_of(shop: str) -> dict[str, Any]:
    """What Ray is asked for: equal for every task of a shop, so that they share workers."""
    return {"env_vars": {"BAKERY_SHOP": shop}}


@ray.remote
def apply(fn: Callable[[Any], Any], item: Any) -> Any:
    """Apply a function, whatever the environment is."""
    return fn(item)


def run_for(shop: str, fn: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    """The results of `fn` for all items, worked out in the environment of this shop.

    Raises:
        TypeError: The shop is not text; Ray says so before anything runs.
    """
    task = apply.options(runtime_env=environment_of(shop))
    return ray.get([task.remote(fn, item) for item in items])


def start_for(shop: str, actor_class: ActorClass) -> ActorHandle:
    """Start an actor in the environment of this shop."""
    return actor_class.options(runtime_env=environment_of(shop)).remote()
