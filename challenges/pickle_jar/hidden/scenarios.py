"""Ways to use clients and errors, which cannot be sent to the driver; they run in the learner's."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any

import ray


def fetched(solution: Any, paths: list[str]) -> list[dict[str, Any]]:
    """What `fetch_all` gives."""
    return [_told(solution, item) for item in solution.fetch_all(solution.Client(), paths)]


def fetched_in_a_task(solution: Any, paths: list[str]) -> list[dict[str, Any]]:
    """What a client gets in a task, before it was used and after."""
    client = solution.Client()
    first = ray.get(get_all.remote([client], paths[:-1]))
    here = client.get(paths[-1])
    again = ray.get(get_all.remote([client], paths[:1]))
    return [_told(solution, item) for item in [*first, here, *again]]


def fetched_in_threads(solution: Any, paths: list[str]) -> list[dict[str, Any]]:
    """What two threads of a task get from one client."""
    return [_told(solution, item) for item in ray.get(get_in_threads.remote(solution.Client(), paths))]


def carried(solution: Any, before: list[str], paths: list[str]) -> dict[str, Any]:
    """Use a client here, then in one task for each path; how much it says to have fetched."""
    client = solution.Client()
    here = [client.get(path) for path in before]
    there = ray.get([count_letters.remote(client, path) for path in paths])
    return {
        "known": sorted(client.texts),
        "is_kept": [client.texts.get(path) for path in before] == here,
        "there": there,
    }


def raised_within(solution: Any, path: str) -> dict[str, Any]:
    """What arrives when a task within a task raises."""
    try:
        ray.get(outer.remote(path))
    except solution.ApiError as error:
        return _told(solution, error)
    return {"kind": "nothing", "text": "", "status": None, "path": None}


def carried_errors(solution: Any, errors: list[tuple[int, str]]) -> list[dict[str, Any]]:
    """Send errors to a task and back as values of a dict."""
    sent = {path: solution.ApiError(status, path) for status, path in errors}
    back = ray.get(same_again.remote({"errors": sent}))["errors"]
    return [_told(solution, back[path]) for _, path in errors]


@ray.remote
def get_all(clients: list[Any], paths: list[str]) -> list[str]:
    """Use a client that came inside a list."""
    return [clients[0].get(path) for path in paths]


@ray.remote
def get_in_threads(client: Any, paths: list[str]) -> list[str]:
    """Use one client in two threads, which start each round together."""
    together = threading.Barrier(2)

    def get_some(share: list[str]) -> list[str]:
        together.wait(timeout=10.0)
        return [client.get(path) for path in share]

    half = len(paths) // 2
    with ThreadPoolExecutor(2) as threads:
        return list(chain.from_iterable(threads.map(get_some, (paths[:half], paths[half:]))))


@ray.remote
def count_letters(client: Any, path: str) -> list[Any]:
    """Fetch something; which paths the client knows here, and how long the text is."""
    text = client.get(path)
    return [sorted(client.texts), text[:9]]


@ray.remote
def outer(path: str) -> Any:
    """Pass on what the inner task raises."""
    return ray.get(inner.remote(path))


@ray.remote
def inner(path: str) -> Any:
    """Raise what the client raises."""
    import solution

    return solution.Client().get(path)


@ray.remote
def same_again(values: Any) -> Any:
    """Give back what came."""
    return values


def _told(solution: Any, item: Any) -> dict[str, Any]:
    """A text or an error, in plain data."""
    if isinstance(item, solution.ApiError):
        cause: BaseException = item
        while isinstance(inner_cause := getattr(cause, "cause", None), BaseException):
            cause = inner_cause
        return {
            "kind": "ApiError",
            "text": str(cause),
            "status": getattr(item, "status", None),
            "path": getattr(item, "path", None),
        }
    kind = "text" if isinstance(item, str) else type(item).__name__
    return {"kind": kind, "text": str(item), "status": None, "path": None}
