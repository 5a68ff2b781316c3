"""Objects: where values lie, who shares them, what keeps them alive."""

import time

import numpy as np
import pytest
import ray

from tests.experiments.watching import eventually, settled_bytes

MB = 2**20


def array_is_read_only() -> None:
    """An array out of the object store cannot be written to."""
    array = ray.get(ray.put(np.zeros(1_000_000)))
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


def put_is_a_snapshot() -> None:
    """ray.put copies; a later change of the original is not seen."""
    basket = [1, 2]
    ref = ray.put(basket)
    basket.append(3)
    assert ray.get(ref) == [1, 2]


def get_of_a_value() -> None:
    """In the task the argument is a value already: ray.get of it raises."""

    @ray.remote
    def total(values: object) -> int:
        return sum(ray.get(values))

    with pytest.raises(TypeError, match=r"not an ray\.ObjectRef"):
        ray.get(total.remote(ray.put([1, 2])))


def put_of_a_ref() -> None:
    """A ref cannot be put again."""
    with pytest.raises(TypeError):
        ray.put(ray.put(1))


def arrays_are_shared_lists_are_copied() -> None:
    """Two gets share an array's memory; of a list each gets its own."""
    array_ref, list_ref = ray.put(np.zeros(1_000_000)), ray.put([0.0] * 1000)
    assert np.shares_memory(ray.get(array_ref), ray.get(array_ref))
    first, second = ray.get(list_ref), ray.get(list_ref)
    first[0] = 1.0
    assert second[0] == 0.0


def inline_threshold() -> None:
    """A result of 50 KB never reaches the object store, one of 200 KB does."""

    @ray.remote
    def result(size: int) -> np.ndarray:
        return np.zeros(size, dtype=np.uint8)

    before = settled_bytes()
    small = [result.remote(50_000) for _ in range(40)]
    ray.wait(small, num_returns=40)
    assert settled_bytes() == before
    large = [result.remote(200_000) for _ in range(40)]
    ray.wait(large, num_returns=40)
    assert settled_bytes() - before >= 40 * 200_000


def put_is_never_inline() -> None:
    """ray.put stores even a small value in the object store."""
    before = settled_bytes()
    refs = [ray.put(np.zeros(1_000, dtype=np.uint8)) for _ in range(100)]
    assert settled_bytes() - before >= 100 * 1_000
    del refs


def view_pins_the_object() -> None:
    """An array that was got keeps its object although the ref is gone."""
    before = settled_bytes()
    ref = ray.put(np.zeros(30 * MB, dtype=np.uint8))
    view = ray.get(ref)
    del ref
    assert settled_bytes() - before >= 30 * MB
    assert view.size == 30 * MB
    del view
    assert settled_bytes() - before < MB


def pinned_views_are_not_counted() -> None:
    """What only a view keeps counts as free in ray.available_resources()."""

    def counted_bytes() -> float:
        total = ray.cluster_resources()["object_store_memory"]
        return total - ray.available_resources().get("object_store_memory", 0.0)

    before = settled_bytes()
    assert eventually(lambda: counted_bytes() < MB)
    ref = ray.put(np.zeros(30 * MB, dtype=np.uint8))
    assert eventually(lambda: counted_bytes() >= 30 * MB)
    view = ray.get(ref)
    del ref
    assert eventually(lambda: counted_bytes() < MB)
    assert settled_bytes() - before >= 30 * MB
    assert view.size == 30 * MB


def slice_pins_the_whole() -> None:
    """Ten bytes of an array keep all of it; a copy of them does not."""
    before = settled_bytes()
    row = ray.get(ray.put(np.zeros(30 * MB, dtype=np.uint8)))[:10]
    assert settled_bytes() - before >= 30 * MB
    row = row.copy()
    assert settled_bytes() - before < MB
    assert row.size == 10


def ref_inside_an_object_pins() -> None:
    """A ref stored in another object keeps what it points to."""
    before = settled_bytes()
    inner = ray.put(np.zeros(30 * MB, dtype=np.uint8))
    outer = ray.put({"model": inner})
    del inner
    assert settled_bytes() - before >= 30 * MB
    del outer
    assert settled_bytes() - before < MB


def pending_argument_pins() -> None:
    """A task that has not finished keeps its arguments."""

    @ray.remote
    def slow(_: np.ndarray) -> None:
        time.sleep(5)

    before = settled_bytes()
    ref = ray.put(np.zeros(30 * MB, dtype=np.uint8))
    done = slow.remote(ref)
    del ref
    assert settled_bytes() - before >= 30 * MB
    ray.get(done)
    assert settled_bytes() - before < MB


def large_argument_by_value() -> None:
    """By value each call stores the array again, by ref it is there once."""

    @ray.remote
    def slow(_: np.ndarray) -> None:
        time.sleep(4)

    model = np.zeros(10 * MB, dtype=np.uint8)
    before = settled_bytes()
    done = [slow.remote(model) for _ in range(4)]
    assert settled_bytes() - before >= 40 * MB
    ray.get(done)
    del done
    before = settled_bytes()
    ref = ray.put(model)
    done = [slow.remote(ref) for _ in range(4)]
    assert settled_bytes() - before < 11 * MB
    ray.get(done)


def closure_over_100_mb() -> None:
    """A function that captured more than 100 MB cannot be submitted."""
    model = np.zeros(101 * 10**6, dtype=np.uint8)

    @ray.remote
    def score(x: int) -> int:
        return x + int(model[0])

    with pytest.raises(ValueError, match="too large"):
        score.remote(1)


def full_store_spills() -> None:
    """More than the store can hold is put, and every object is still there."""
    capacity = ray.cluster_resources()["object_store_memory"]
    refs = [ray.put(np.full(30 * MB, i, dtype=np.uint8)) for i in range(12)]
    assert len(refs) * 30 * MB > 1.5 * capacity
    assert [int(ray.get(ref)[0]) for ref in refs] == list(range(12))


def larger_than_the_store() -> None:
    """One object larger than the whole store is still put: it goes to the disk."""
    capacity = int(ray.cluster_resources()["object_store_memory"])
    ref = ray.put(np.ones(capacity + 20 * MB, dtype=np.uint8))
    assert int(ray.get(ref)[-1]) == 1
