"""Several nodes: a head of one CPU, and nodes "a" and "b" of two CPUs each."""

import numpy as np
import pytest
import ray
from ray.cluster_utils import Cluster
from ray.exceptions import ObjectReconstructionFailedError, OwnerDiedError
from ray.util.placement_group import placement_group, remove_placement_group

from tests.experiments.watching import eventually, settled_bytes

MB = 2**20


def _lose(cluster: Cluster, node: object, label: str) -> None:
    """Kill a node and wait until the cluster has noticed."""
    cluster.remove_node(node, allow_graceful=False)
    assert eventually(lambda: label not in ray.cluster_resources(), within_s=90)


def feasible_on_one_node() -> None:
    """Five CPUs in sum do not run a task of three when no node has three."""

    @ray.remote(num_cpus=3)
    def work() -> int:
        return 1

    assert ray.cluster_resources()["CPU"] == 5
    ref = work.remote()
    assert ray.wait([ref], timeout=4)[0] == []
    ray.cancel(ref)


def locality_of_a_large_argument() -> None:
    """A task runs where its large argument lies; a ref inside a list does not attract it."""

    @ray.remote
    def make() -> np.ndarray:
        return np.ones(20 * MB, dtype=np.uint8)

    @ray.remote
    def use(_: np.ndarray) -> str:
        return ray.get_runtime_context().get_node_id()

    @ray.remote
    def use_nested(_: list[ray.ObjectRef]) -> str:
        return ray.get_runtime_context().get_node_id()

    @ray.remote
    def here() -> str:
        return ray.get_runtime_context().get_node_id()

    driver_node = ray.get_runtime_context().get_node_id()
    for label in ("a", "b", "a", "b"):
        place = {label: 0.01}
        array = make.options(resources=place).remote()
        ray.wait([array], fetch_local=False)
        assert ray.get(use.remote(array)) == ray.get(here.options(resources=place).remote())
        assert ray.get(use_nested.remote([array])) == driver_node


def wait_without_fetching() -> None:
    """fetch_local=False says ready without pulling the object to the caller's node."""

    @ray.remote(resources={"a": 0.01})
    def make() -> np.ndarray:
        return np.ones(20 * MB, dtype=np.uint8)

    before = settled_bytes()
    ref = make.remote()
    ready, _ = ray.wait([ref], fetch_local=False, timeout=20)
    assert ready
    assert settled_bytes() - before < 25 * MB
    ray.wait([ref], fetch_local=True, timeout=20)
    assert settled_bytes() - before >= 40 * MB


def strict_spread_needs_the_nodes() -> None:
    """Four bundles on three nodes: STRICT_SPREAD pends, SPREAD doubles up."""
    bundles = [{"CPU": 1}] * 4
    strict = placement_group(bundles, strategy="STRICT_SPREAD")
    assert not strict.wait(4)
    remove_placement_group(strict)
    soft = placement_group(bundles, strategy="SPREAD")
    assert soft.wait(20)
    remove_placement_group(soft)


def strict_pack_needs_one_node() -> None:
    """Three bundles of one CPU on nodes of two: STRICT_PACK pends, PACK spills over."""
    bundles = [{"CPU": 1}] * 3
    strict = placement_group(bundles, strategy="STRICT_PACK")
    assert not strict.wait(4)
    remove_placement_group(strict)
    soft = placement_group(bundles, strategy="PACK")
    assert soft.wait(20)
    remove_placement_group(soft)


def what_a_dead_node_takes(cluster: Cluster) -> None:
    """Results of tasks are computed again on another node; what an actor there had put is lost."""
    node = cluster.add_node(num_cpus=1, resources={"c": 1}, object_store_memory=150 * MB)

    @ray.remote(num_cpus=0, resources={"c": 0.01})
    def first() -> np.ndarray:
        return np.ones(MB, dtype=np.uint8)

    @ray.remote(num_cpus=0, resources={"c": 0.01})
    def second(array: np.ndarray) -> np.ndarray:
        return array * 2

    @ray.remote(num_cpus=0, resources={"c": 0.01})
    def items() -> object:
        for i in range(3):
            yield np.full(MB, i, dtype=np.uint8)

    @ray.remote(num_cpus=0, resources={"c": 0.01}, max_retries=0)
    def once() -> np.ndarray:
        return np.ones(MB, dtype=np.uint8)

    @ray.remote(num_cpus=0, resources={"c": 0.01})
    class Producer:
        def stored(self) -> list[ray.ObjectRef]:
            return [ray.put(np.ones(MB, dtype=np.uint8))]

    one = first.remote()
    two = second.remote(one)
    third = list(items.remote())[2]
    single = once.remote()
    producer = Producer.remote()
    (put,) = ray.get(producer.stored.remote())
    ray.wait([one, two, third, single], num_returns=4, fetch_local=False)
    _lose(cluster, node, "c")
    spare = cluster.add_node(num_cpus=1, resources={"c": 1}, object_store_memory=150 * MB)
    try:
        assert int(ray.get(two, timeout=60)[0]) == 2
        assert int(ray.get(one, timeout=60)[0]) == 1
        assert int(ray.get(third, timeout=60)[0]) == 2
        with pytest.raises(OwnerDiedError):
            ray.get(put, timeout=60)
        with pytest.raises(ObjectReconstructionFailedError, match="max_retries=0"):
            ray.get(single, timeout=60)
    finally:
        _lose(cluster, spare, "c")


def actor_moves_to_another_node(cluster: Cluster) -> None:
    """An actor with max_restarts comes back on a living node that has its resources."""
    node = cluster.add_node(num_cpus=1, resources={"d": 1}, object_store_memory=150 * MB)

    @ray.remote(num_cpus=0, resources={"d": 0.01}, max_restarts=1, max_task_retries=-1)
    class Box:
        def where(self) -> str:
            return ray.get_runtime_context().get_node_id()

    box = Box.remote()
    old = ray.get(box.where.remote())
    _lose(cluster, node, "d")
    spare = cluster.add_node(num_cpus=1, resources={"d": 1}, object_store_memory=150 * MB)
    assert ray.get(box.where.remote(), timeout=90) != old
    ray.kill(box)
    _lose(cluster, spare, "d")
