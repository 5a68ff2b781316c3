"""Code that has to run inside the learner's process: sinks, and sources that are not lists."""

import inspect
from collections.abc import Iterator

import ray
import service
import solution
from service_link import ask


class TillError(RuntimeError):
    """Raised by a source before its end."""


def run_on(batches: list[list[dict]], place: str, **options: int) -> dict:
    """Call `run_pipeline` with the sink of that name: this way, plain data is enough for a call."""
    return solution.run_pipeline(batches, service.Sink(place), **options)


def run_list(_solution, batches: list[list[dict]], place: str, options: dict, *, lazily: bool) -> dict:
    """Run a day from a list, or from an iterator that has neither a length nor `close`."""
    return run_on(iter(batches) if lazily else batches, place, **options)


@ray.remote(num_cpus=0)
def warm(n_workers: int) -> None:
    """Occupy a worker process until there are enough of them."""
    ask("warm", n_workers)


def ready(_solution, n_workers: int) -> None:
    """Start the worker processes of a new driver: how long that takes is not judged."""
    ray.get([warm.remote(n_workers) for _ in range(n_workers)], timeout=60.0)


def till(raised: list[TillError]) -> Iterator[list[dict]]:
    """Yield the day's batches, each read when it is asked for; an error that ends them goes into `raised`."""
    try:
        while "end" not in (answer := ask("read")):
            if "raise" in answer:
                raised.append(TillError(answer["raise"]))
                raise raised[0]
            yield answer["batch"]
    finally:
        ask("source_closed")


kept: list[Exception] = []


def run_from_till(place: str, limit: int) -> dict:
    """Run the day from a generator; an exception is returned as its text, and kept, as a caller may do."""
    kept.clear()
    raised: list[TillError] = []
    source = till(raised)
    seen = {"report": None, "error": "", "is_the_sources": False}
    try:
        seen["report"] = solution.run_pipeline(source, service.Sink(place), max_in_flight=limit)
    except Exception as error:  # noqa: BLE001 - the judge decides what it means
        kept.append(error)
        lines = str(error).strip().splitlines() or [""]  # the last line of Ray's traceback says what
        seen["error"] = f"{type(error).__name__}: {lines[-1]}"
        seen["is_the_sources"] = any(error is one for one in raised)  # `in` would ask the exception
    ask("returned")
    seen["is_closed"] = inspect.getgeneratorstate(source) == inspect.GEN_CLOSED
    source.close()
    return seen


def stream(_solution, place: str, limit: int) -> dict:
    """Run the day from a generator."""
    return run_from_till(place, limit)


def let_go(_solution) -> None:
    """Drop the exception that was kept."""
    kept.clear()


# Races and the visible examples can only call functions of the solution's module.
solution.run_on = run_on
solution.run_from_till = run_from_till
