"""Whether a cluster still shows traces of earlier calls, from its tables (see `grader.warden.ray_state`)."""

from __future__ import annotations

from typing import Any

CLEAN_PARTS = ("available", "actors", "placement_groups")


def nothing_is_left(seen: dict[str, Any], num_cpus: int) -> bool:
    """Whether every logical CPU is free and no actor or placement group is left."""
    free = sum(node.get("CPU", 0.0) for node in seen["available"].values())
    return free >= num_cpus and not _living(seen) and not seen["placement_groups"]


def something_is_detached(seen: dict[str, Any]) -> bool:
    """Whether something is left that does not end with its driver."""
    detached = any(actor["detached"] for actor in _living(seen))
    return detached or any(group["detached"] for group in seen["placement_groups"])


def _living(seen: dict[str, Any]) -> list[dict[str, Any]]:
    return [actor for actor in seen["actors"] if actor["state"] != "DEAD"]
