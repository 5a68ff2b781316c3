"""Scheduling: logical resources, placement groups, affinity."""

import os
import time
from pathlib import Path

import numpy as np
import pytest
import ray
from ray.exceptions import RayActorError, TaskUnschedulableError
from ray.util.placement_group import placement_group, remove_placement_group
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy, PlacementGroupSchedulingStrategy

from tests.experiments.watching import eventually, peak


def _meet(folder: Path, guests: int, **options: float) -> int:
    """Start tasks that each wait until all of them run at once; how many were seen."""

    @ray.remote
    def arrive(i: int) -> int:
        (folder / str(i)).touch()
        deadline = time.monotonic() + 40
        while len(list(folder.iterdir())) < guests and time.monotonic() < deadline:
            time.sleep(0.05)
        return len(list(folder.iterdir()))

    return min(ray.get([arrive.options(**options).remote(i) for i in range(guests)]))


def infeasible_pends() -> None:
    """A request that no node can ever meet waits without an error."""

    @ray.remote(num_gpus=1)
    def train() -> None:
        return None

    ref = train.remote()
    assert ray.wait([ref], timeout=4)[0] == []
    ray.cancel(ref)


def half_cpus(folder: Path) -> None:
    """Eight tasks of half a CPU run at once on four CPUs."""
    assert _meet(folder, 8, num_cpus=0.5) == 8


def no_cpus(folder: Path) -> None:
    """Tasks of no CPU are not limited by CPUs."""
    assert _meet(folder, 10, num_cpus=0) == 10


def licences_limit() -> None:
    """A custom resource of two lets two tasks run at once."""

    @ray.remote(num_cpus=0, resources={"licence": 1})
    def use() -> tuple[float, float]:
        start = time.monotonic()
        time.sleep(0.5)
        return start, time.monotonic()

    assert peak(ray.get([use.remote() for _ in range(6)])) == 2


def cpus_are_not_pinned() -> None:
    """A task of one CPU may use every core of the machine."""

    @ray.remote(num_cpus=1)
    def cores() -> int:
        return len(os.sched_getaffinity(0))

    assert ray.get(cores.remote()) == len(os.sched_getaffinity(0))


def memory_is_no_limit() -> None:
    """A task may use more than the memory it asked for."""

    @ray.remote(memory=50 * 2**20)
    def use() -> int:
        return int(np.ones(200 * 2**20, dtype=np.uint8).sum())

    assert ray.get(use.remote()) == 200 * 2**20


def thread_count_of_a_worker() -> None:
    """Ray sets OMP_NUM_THREADS to the CPUs a task asked for, unless it is set already."""

    @ray.remote
    def threads() -> str | None:
        return os.environ.get("OMP_NUM_THREADS")

    assert ray.get(threads.remote()) == "1"
    assert ray.get(threads.options(num_cpus=2).remote()) == "2"


def gang_is_all_or_nothing() -> None:
    """A group that does not fit as a whole takes nothing."""
    group = placement_group([{"CPU": 3}, {"CPU": 3}])
    assert not group.wait(3)
    assert eventually(lambda: ray.available_resources().get("CPU") == 4)
    remove_placement_group(group)


def group_holds_its_cpus() -> None:
    """A group that nobody uses still takes its resources from everybody else."""

    @ray.remote(num_cpus=2)
    def work() -> int:
        return 1

    group = placement_group([{"CPU": 3}])
    assert group.wait(20)
    ref = work.remote()
    assert ray.wait([ref], timeout=3)[0] == []
    remove_placement_group(group)
    assert ray.get(ref, timeout=20) == 1


def removing_a_group_ends_its_actors() -> None:
    """Removing a placement group kills what runs in it."""

    @ray.remote(num_cpus=1)
    class Box:
        def ready(self) -> bool:
            return True

    group = placement_group([{"CPU": 1}])
    box = Box.options(scheduling_strategy=PlacementGroupSchedulingStrategy(group)).remote()
    assert ray.get(box.ready.remote(), timeout=30)
    remove_placement_group(group)

    def dead() -> bool:
        try:
            ray.get(box.ready.remote(), timeout=10)
        except RayActorError:
            return True
        return False

    assert eventually(dead)


def children_leave_the_group() -> None:
    """Tasks that a task of a group submits run outside of it unless it captures them."""

    @ray.remote
    def child() -> bool:
        return ray.util.get_current_placement_group() is not None

    @ray.remote
    def parent() -> bool:
        return ray.get(child.remote())

    group = placement_group([{"CPU": 2}])
    assert group.wait(20)
    try:
        inside = PlacementGroupSchedulingStrategy(group)
        assert not ray.get(parent.options(scheduling_strategy=inside).remote(), timeout=30)
        capturing = PlacementGroupSchedulingStrategy(group, placement_group_capture_child_tasks=True)
        assert ray.get(parent.options(scheduling_strategy=capturing).remote(), timeout=30)
    finally:
        remove_placement_group(group)


def affinity_to_a_missing_node() -> None:
    """Hard affinity to a node that is not there fails at once instead of pending."""

    @ray.remote
    def work() -> int:
        return 1

    nowhere = "ab" * 28
    hard = NodeAffinitySchedulingStrategy(node_id=nowhere, soft=False)
    with pytest.raises(TaskUnschedulableError):
        ray.get(work.options(scheduling_strategy=hard).remote(), timeout=30)
    soft = NodeAffinitySchedulingStrategy(node_id=nowhere, soft=True)
    assert ray.get(work.options(scheduling_strategy=soft).remote(), timeout=30) == 1
