"""Debugging: errors on their way to the driver, and what the tools show."""

import inspect
import threading

import pytest
import ray
from ray.exceptions import RayTaskError, UnserializableException


def list_tasks_shows_a_hundred() -> None:
    """The state API returns a hundred rows unless it is asked for more."""
    from ray.util.state import list_tasks

    assert inspect.signature(list_tasks).parameters["limit"].default == 100


def what_cannot_be_pickled() -> None:
    """The error names what a function uses that cannot be pickled, and so does inspect_serializability."""
    lock = threading.Lock()

    def work() -> None:
        with lock:
            pass

    fine, failures = ray.util.inspect_serializability(work)
    assert not fine
    assert {failure.path[-1] for failure in failures} == {"lock"}
    with pytest.raises(TypeError, match=r"(?s)Could not serialize the function.*FailTuple\(lock "):
        ray.remote(work).remote()


def exception_of_two_arguments() -> None:
    """An exception whose constructor does not fit its args cannot be rebuilt in the driver."""

    class OrderError(Exception):
        def __init__(self, order: int, reason: str) -> None:
            super().__init__(f"order {order}: {reason}")

    @ray.remote
    def fails() -> None:
        raise OrderError(7, "no stock")

    with pytest.raises(UnserializableException, match="order 7: no stock") as caught:
        ray.get(fails.remote())
    assert not isinstance(caught.value, OrderError)


def error_across_two_tasks() -> None:
    """A KeyError two tasks deep is still caught as a KeyError, with the inner traceback."""

    @ray.remote
    def inner() -> None:
        raise KeyError("order 7")

    @ray.remote
    def outer() -> None:
        ray.get(inner.remote())

    with pytest.raises(KeyError) as caught:
        ray.get(outer.remote())
    assert isinstance(caught.value, RayTaskError)
    assert "inner" in str(caught.value)
    assert "outer" in str(caught.value)
