"""What client and error must do. One behaviour per test.

Every answer of the service is a new one, and every line belongs to the process that opened it. So a text
tells which request it came from, and the books tell how many lines there were.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from grader.suite import SolutionRaised, behaviour, either, same, teaching

PICKLING = "https://docs.ray.io/en/latest/ray-core/objects/serialization.html"
PYTHONS = "https://docs.python.org/3/library/pickle.html#pickling-class-instances"
TASKS = "https://docs.ray.io/en/latest/ray-core/tasks.html"
ITEM = {"kind": str, "text": str, "status": either(int, None), "path": either(str, None)}
LIGHT = 100_000
LESSONS = {
    "missing 1 required positional argument": (
        "The error was pickled in the worker and could not be put together in the driver. Pickle calls the "
        "class with `args`, which is what `Exception.__init__` was given: one text, where yours takes two. "
        f"Pass it the same arguments, or write `__reduce__`. See {PYTHONS}"
    ),
    "Failed to deserialize exception": (
        "What came from the worker could not be put together in the driver. Pickle calls an exception's "
        "class with `args`, which is what `Exception.__init__` was given, not yours. Pass it the same "
        f"arguments, or write `__reduce__`. See {PYTHONS}"
    ),
    "cannot pickle": (
        "A client holds something that belongs to one process, a lock or a socket, and pickle refuses it. "
        "Let the client find it in the process where it is used, in a global that is opened once, or leave "
        f"it out in `__getstate__`. See {PICKLING}"
    ),
    "Could not serialize": (
        "Something holds what belongs to one process, a lock or a socket, and pickle refuses it. Leave it "
        f"out in `__getstate__`, or keep it in a global of each process. See {PICKLING}"
    ),
    "has no attribute": (
        "An object came out of pickle without it: `__init__` does not run over there, and what "
        f"`__getstate__` left out is not there. `__setstate__` makes it anew. See {PYTHONS}"
    ),
    "another request is on this line": (
        "Two threads used one line at the same time. A lock protects only those who share it: a new lock "
        "for each client, or for each call, protects nobody. Keep it beside the line."
    ),
    "opened by another process": (
        "A line was used in a process that did not open it. Open one in each process, when it is first "
        f"needed. See {PICKLING}"
    ),
    "RayTaskError(ApiError)": (
        "`ray.get` raised the error of one task, and the texts of all others were lost with it. Get each "
        f"ref by itself, with a `try` around it. See {TASKS}"
    ),
}
CALL_S = 20.0  # against hangs only


def ask(learner: Any, name: str, returns: Any, **inputs: Any) -> Any:
    """Run a scenario; of an exception with a long report, its first line and its cause are told."""
    with teaching(LESSONS):
        try:
            return learner.scenario(name, returns=returns, deadline_s=CALL_S, **inputs)
        except SolutionRaised as raised:
            lines = [line.strip() for line in raised.text.splitlines() if line.strip()]
            if len(lines) <= 4:
                raise
            cause = next((line for line in lines if "cannot pickle" in line), lines[-1])
            raise SolutionRaised(raised.type_name, f"{lines[0]}\n{cause}", raised.trace) from None


def check_texts(learner: Any, paths: list[str], items: list[dict[str, Any]], what: str) -> None:
    """Check that these are the service's answers for these paths, in order."""
    assert len(items) == len(paths), f"{what}: {len(paths)} paths, and {len(items)} items came back."
    unread = list(learner.world.answers)
    for path, item in zip(paths, items, strict=True):
        answer = next((a for a in unread if a.path == path), None)
        assert answer is not None, f"{what}: the service was not asked for {path}, and an item came back."
        unread.remove(answer)
        if answer.status == 200:
            assert (item["kind"], item["text"]) == ("text", answer.text), (
                f"{what}: the item for {path} is {item['kind']} {item['text'][:80]!r}; the service answered "
                f"{answer.text[:20]!r}."
            )
        else:
            check_error(item, answer.status, path, what)


def check_error(item: dict[str, Any], status: int, path: str, what: str) -> None:
    assert item["kind"] == "ApiError", (
        f"{what}: for {path}, with the status {status}, there is {item['kind']} {item['text'][:80]!r}; "
        "expected is an ApiError."
    )
    found = (item["status"], item["path"], item["text"])
    expected = (status, path, f"{status} for {path}")
    assert found == expected, (
        f"{what}: status, path and text of the ApiError are {found}; expected are {expected}. An exception "
        "is put together by calling its class with `args`, which is what `Exception.__init__` was given. "
        f"See {PYTHONS}"
    )


def check_once(learner: Any, paths: list[str]) -> None:
    """Check that workers asked once for each path."""
    answers = learner.world.answers
    strangers = {answer.pid for answer in answers} - learner.worker_pids()
    where = "the driver itself" if learner.driver_pid in strangers else "no Ray worker"
    assert not strangers, (
        f"Process {min(strangers)} asked the service, and it is {where}. A function runs in a worker when "
        f"you call `task.remote(...)`; a plain call runs where it is made. See {TASKS}"
    )
    n_asked = Counter(answer.path for answer in answers)
    other = sorted(path for path in n_asked.keys() | set(paths) if n_asked[path] != paths.count(path))
    assert not other, (
        f"The service was asked {n_asked[other[0]]} times for {other[0]}; expected is "
        f"{paths.count(other[0])}: once for each path that was given."
    )


def check_lines(learner: Any, observe: Any = None) -> None:
    """Check that no process has opened two lines."""
    n_lines = Counter(learner.world.lines.values())
    pid, n = n_lines.most_common(1)[0] if n_lines else (0, 0)
    if observe is not None:
        observe(n, limit=1, unit="lines of a process")
    assert n <= 1, (
        f"Process {pid} opened {n} lines; one is enough. A worker runs many tasks, each with another "
        "copy of the client. `__init__` and `__setstate__` run for each copy; a global of the module lives "
        f"as long as the process. Open the line there, when it is first used. See {PICKLING}"
    )


@behaviour(points=15, category="correctness", required=True)
def test_fetches(learner, rng):
    """Workers ask for each path once, and the texts come in order."""
    paths = learner.world.none(rng, int(rng.integers(4, 8))).inputs["paths"]
    items = ask(learner, "fetched", [ITEM], paths=paths)
    check_texts(learner, paths, items, "fetch_all")
    check_once(learner, paths)


@behaviour(points=15, category="correctness", required=True)
def test_client_in_a_task(learner, rng):
    """A client can be handed to a task, unused or used."""
    paths = learner.world.client_in_a_task(rng, 3).inputs["paths"]
    items = ask(learner, "fetched_in_a_task", [ITEM], paths=paths)
    check_texts(learner, [*paths, paths[0]], items, "a client in a task")


@behaviour(points=20, category="performance")
def test_one_line(learner, rng, observe):
    """Each process opens one line, however many tasks it runs."""
    world = learner.world
    paths = world.none(rng, int(rng.integers(8, 12))).inputs["paths"]
    items = ask(learner, "fetched", [ITEM], paths=paths)
    check_texts(learner, paths, items, "fetch_all")
    check_once(learner, paths)
    check_lines(learner, observe)


@behaviour(points=15, category="correctness")
def test_error_arrives(learner, rng):
    """An error arrives with its fields, and the other texts with it."""
    paths = learner.world.no_forecast(rng).inputs["paths"]
    items = ask(learner, "fetched", [ITEM], paths=paths)
    check_texts(learner, paths, items, "fetch_all")
    check_once(learner, paths)


@behaviour(points=10, category="correctness")
def test_error_travels(learner, rng):
    """An error survives a task within a task, and being a value in a dict."""
    world = learner.world
    path = world.no_forecast(rng).inputs["paths"][1]
    item = ask(learner, "raised_within", ITEM, path=path)
    check_error(item, world.missing[path], path, "an error of a task within a task")
    errors = [(int(rng.integers(400, 600)), path) for path in world.draw_paths(rng, 2)]
    items = ask(learner, "carried_errors", [ITEM], errors=errors)
    for (status, path), item in zip(errors, items, strict=True):
        check_error(item, status, path, "an error as a value in a dict")


@behaviour(points=10, category="memory")
def test_travels_light(learner, rng, observe):
    """A client that has fetched a lot takes none of it along."""
    world = learner.world
    world.n_letters = 300_000
    before, paths = world.draw_paths(rng, 3), world.draw_paths(rng, 4)
    form = {"known": [str], "is_kept": bool, "there": [([str], str)]}
    with learner.counting() as counts:
        seen = ask(learner, "carried", form, before=before, paths=paths)
    texts = {answer.path: answer.text for answer in world.answers}
    same(seen["known"], sorted(before), "client.texts where the client was used, its paths")
    assert seen["is_kept"], "client.texts does not have the texts that client.get returned."
    for path, (known, text) in zip(paths, seen["there"], strict=True):
        assert path in texts and text == texts[path][:9], f"In a task, {path} gave {text!r}."  # noqa: PT018
        strange = sorted(set(known) - {path})
        assert not strange, (
            f"In a task that had fetched {path} alone, client.texts has {strange[0]} too, which was fetched "
            f"elsewhere or by another copy. Leave the texts out in `__getstate__`. See {PYTHONS}"
        )
    observe(round(counts.stored_bytes / 1e3), limit=LIGHT // 1000, unit="KB stored")
    assert counts.stored_bytes < LIGHT, (
        f"A client that had fetched {len(before)} texts was handed to {len(paths)} tasks, and "
        f"{counts.stored_bytes / 1e6:.1f} MB were stored for that. Pickle sends the whole `__dict__`: leave "
        f"out in `__getstate__` what the other side does not need. See {PYTHONS}"
    )


@behaviour(points=10, category="resilience")
def test_two_threads(learner, rng):
    """Two threads of a process use one client at the same time."""
    paths = learner.world.two_threads(rng).inputs["paths"]
    items = ask(learner, "fetched_in_threads", [ITEM], paths=paths)
    check_texts(learner, paths, items, "two threads")
    check_once(learner, paths)


@behaviour(points=5, category="memory")
def test_nothing_is_left(learner, rng):
    """When `fetch_all` has returned, nothing is left of it."""
    paths = learner.world.none(rng, 4).inputs["paths"]
    items = ask(learner, "fetched", [ITEM], paths=paths)
    check_texts(learner, paths, items, "fetch_all")
    check_once(learner, paths)
    left = learner.leftovers()
    assert not left, (
        f"Still there five seconds after `fetch_all` returned: {'; '.join(left)}. Look for actors and refs "
        f'that a global keeps, and for `lifetime="detached"`. See {TASKS}'
    )
