"""Whether a cluster's tables still show traces of earlier calls."""

from __future__ import annotations

from grader.tables import TableName, Tables

CLEAN_TABLES: tuple[TableName, ...] = ("available", "actors", "placement_groups")


def nothing_is_left(seen: Tables, num_cpus: int) -> bool:
    """Whether every logical CPU is free and no actor or placement group is left."""
    return seen.free_cpus >= num_cpus and not seen.living_actors and not seen.placement_groups


def something_is_detached(seen: Tables) -> bool:
    """Whether something is left that will not end with its driver."""
    actors = any(actor.detached for actor in seen.living_actors)
    return actors or any(group.detached for group in seen.placement_groups)
