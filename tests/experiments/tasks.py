"""Tasks: submission, arguments, waiting, retries, cancelling, generators."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import ray
from ray.exceptions import GetTimeoutError, RayTaskError, TaskCancelledError, WorkerCrashedError

from tests.experiments.watching import eventually, peak, runs


def get_inside_the_loop() -> None:
    """A get behind each submission leaves one task in flight."""

    @ray.remote
    def nap(_: int) -> tuple[float, float]:
        start = time.monotonic()
        time.sleep(0.5)
        return start, time.monotonic()

    assert peak([ray.get(nap.remote(i)) for i in range(4)]) == 1
    assert peak(ray.get([nap.remote(i) for i in range(8)])) > 1


def calling_a_remote_function_directly() -> None:
    """A remote function called like a plain one raises."""

    @ray.remote
    def double(x: int) -> int:
        return 2 * x

    with pytest.raises(TypeError, match="remote"):
        double(2)


def two_returns() -> None:
    """num_returns=2 gives a list of two refs at once."""

    @ray.remote(num_returns=2)
    def split(x: int) -> tuple[int, int]:
        return x // 10, x % 10

    refs = split.remote(42)
    assert isinstance(refs, list)
    assert all(isinstance(ref, ray.ObjectRef) for ref in refs)
    assert ray.get(refs) == [4, 2]


def nested_ref_argument() -> None:
    """A ref that is an argument arrives as its value, a ref inside a list arrives as a ref."""

    @ray.remote
    def seen(direct: object, nested: list[object]) -> tuple[bool, bool]:
        return isinstance(direct, ray.ObjectRef), isinstance(nested[0], ray.ObjectRef)

    ref = ray.put(1)
    assert ray.get(seen.remote(ref, [ref])) == (False, True)


def list_appended_in_a_task() -> None:
    """A task works on a copy of what it captured."""
    seen: list[int] = []

    @ray.remote
    def note(x: int) -> int:
        seen.append(x)
        return len(seen)

    assert ray.get(note.remote(1)) == 1
    assert seen == []


def captured_value_is_frozen() -> None:
    """What a function captured is shipped with its first submission; later changes are not seen."""
    factor = 2

    @ray.remote
    def scale(x: int) -> int:
        return x * factor

    assert ray.get(scale.remote(10)) == 20
    factor = 3
    assert ray.get(scale.remote(10)) == 20


def wait_caps_the_ready_list() -> None:
    """Three refs are ready, and ray.wait hands out one."""
    refs = [ray.put(i) for i in range(3)]
    ready, rest = ray.wait(refs)
    assert (len(ready), len(rest)) == (1, 2)
    ready, rest = ray.wait(refs, num_returns=3, timeout=0)
    assert (len(ready), len(rest)) == (3, 0)


def wait_refuses_duplicates() -> None:
    """A ref that is twice in the list is an error of the caller."""
    ref = ray.put(1)
    with pytest.raises(ValueError, match="unique"):
        ray.wait([ref, ref])


def get_of_a_list_raises_early() -> None:
    """The first failure of a list is raised while its other tasks still run."""

    @ray.remote
    def slow() -> None:
        time.sleep(8)

    @ray.remote
    def fails() -> None:
        raise ValueError("no")

    waiting = slow.remote()
    start = time.monotonic()
    with pytest.raises(ValueError, match="no"):
        ray.get([waiting, fails.remote()])
    assert time.monotonic() - start < 6
    ray.cancel(waiting, force=True)


def as_completed_works_in_chunks() -> None:
    """The default chunk of ten makes the first result wait for the tenth."""

    @ray.remote
    def nap(seconds: float) -> float:
        time.sleep(seconds)
        return seconds

    def first_after_s(**options: int) -> float:
        refs = [nap.remote(6 if i == 0 else 0) for i in range(10)]
        start = time.monotonic()
        next(iter(ray.util.as_completed(refs, **options)))
        return time.monotonic() - start

    assert first_after_s() >= 5
    assert first_after_s(chunk_size=1) < 4


def retries_by_default(folder: Path) -> None:
    """A crash is retried three times, an exception not at all."""

    @ray.remote
    def crash() -> None:
        with (folder / "crashes").open("a") as file:
            file.write("x")
        os._exit(1)

    @ray.remote
    def fail() -> None:
        with (folder / "failures").open("a") as file:
            file.write("x")
        raise ValueError("no")

    with pytest.raises(WorkerCrashedError):
        ray.get(crash.remote())
    assert runs(folder / "crashes") == 4
    with pytest.raises(ValueError, match="no"):
        ray.get(fail.remote())
    assert runs(folder / "failures") == 1


def retries_of_listed_exceptions(folder: Path) -> None:
    """retry_exceptions with a list retries those and no others."""

    @ray.remote(max_retries=2, retry_exceptions=[OSError])
    def fail(kind: type[Exception]) -> None:
        with (folder / kind.__name__).open("a") as file:
            file.write("x")
        raise kind("no")

    with pytest.raises(ConnectionError):
        ray.get(fail.remote(ConnectionError))
    assert runs(folder / "ConnectionError") == 3  # it is an OSError
    with pytest.raises(ValueError, match="no"):
        ray.get(fail.remote(ValueError))
    assert runs(folder / "ValueError") == 1


def exception_keeps_its_type() -> None:
    """What ray.get raises is a RayTaskError and the task's own exception at once."""

    @ray.remote
    def look_up() -> None:
        raise KeyError("order 7")

    with pytest.raises(KeyError) as caught:
        ray.get(look_up.remote())
    assert isinstance(caught.value, RayTaskError)
    assert isinstance(caught.value.cause, KeyError)


def failed_argument(folder: Path) -> None:
    """A task whose argument failed does not run; its ref raises the argument's error."""

    @ray.remote
    def fails() -> None:
        raise KeyError("order 7")

    @ray.remote
    def after(_: object) -> None:
        with (folder / "after").open("a") as file:
            file.write("x")

    with pytest.raises(KeyError):
        ray.get(after.remote(fails.remote()))
    assert runs(folder / "after") == 0


def timeout_leaves_the_task(folder: Path) -> None:
    """After a timeout of ray.get the task runs on and holds its CPUs."""

    @ray.remote(num_cpus=4)
    def slow() -> None:
        (folder / "started").touch()
        time.sleep(4)
        (folder / "done").touch()

    ref = slow.remote()
    assert eventually((folder / "started").exists)
    with pytest.raises(GetTimeoutError):
        ray.get(ref, timeout=0.2)
    assert eventually(lambda: ray.available_resources().get("CPU", 0) == 0, within_s=2)
    assert eventually((folder / "done").exists)


def dropped_ref_runs_on(folder: Path) -> None:
    """A task runs although nobody keeps its ref."""

    @ray.remote
    def note() -> None:
        time.sleep(0.5)
        (folder / "ran").touch()

    note.remote()
    assert eventually((folder / "ran").exists)


def cancel_interrupts(folder: Path) -> None:
    """ray.cancel raises KeyboardInterrupt in a running task; its ref raises TaskCancelledError."""

    @ray.remote
    def work() -> None:
        (folder / "started").touch()
        try:
            while True:
                time.sleep(0.05)
        except KeyboardInterrupt:
            (folder / "interrupted").touch()
            raise

    ref = work.remote()
    assert eventually((folder / "started").exists)
    ray.cancel(ref)
    with pytest.raises(TaskCancelledError):
        ray.get(ref, timeout=20)
    assert eventually((folder / "interrupted").exists)


def cancel_waits_for_a_blocking_call(folder: Path) -> None:
    """A task within one long call is interrupted only when that call is over."""

    @ray.remote
    def work() -> None:
        (folder / "started").touch()
        time.sleep(6)
        (folder / "behind the call").touch()

    ref = work.remote()
    assert eventually((folder / "started").exists)
    start = time.monotonic()
    ray.cancel(ref)
    with pytest.raises(TaskCancelledError):
        ray.get(ref, timeout=30)
    assert time.monotonic() - start > 4
    assert not (folder / "behind the call").exists()


def forced_cancel_ends_the_worker(folder: Path) -> None:
    """With force=True the worker process dies without a chance to tidy up; the ref says cancelled."""

    @ray.remote
    def work() -> None:
        (folder / "started").touch()
        try:
            time.sleep(60)
        finally:
            (folder / "tidied").touch()

    ref = work.remote()
    assert eventually((folder / "started").exists)
    ray.cancel(ref, force=True)
    with pytest.raises(TaskCancelledError):
        ray.get(ref, timeout=20)
    assert not (folder / "tidied").exists()


def swallowed_cancel(folder: Path) -> None:
    """A task that catches `Exception` in a loop is still ended by a plain cancel."""

    @ray.remote
    def work() -> None:
        (folder / "started").touch()
        while True:
            try:
                time.sleep(0.1)
            except Exception:  # noqa: BLE001 - the defect that is looked at
                continue

    ref = work.remote()
    assert eventually((folder / "started").exists)
    ray.cancel(ref)
    with pytest.raises(TaskCancelledError):
        ray.get(ref, timeout=20)


def exit_in_a_task(folder: Path) -> None:
    """sys.exit in a task ends its worker process, which counts as a crash."""

    @ray.remote(max_retries=1)
    def leave() -> None:
        with (folder / "runs").open("a") as file:
            file.write("x")
        sys.exit(0)

    with pytest.raises(WorkerCrashedError):
        ray.get(leave.remote(), timeout=60)
    assert runs(folder / "runs") == 2


def waiting_task_lends_its_cpu() -> None:
    """Four tasks that hold all CPUs and wait for a task of their own come to an end."""

    @ray.remote
    def child(x: int) -> int:
        return x

    @ray.remote
    def parent(x: int) -> int:
        time.sleep(0.5)  # so that all four hold their CPU before the first child is asked for
        return ray.get(child.remote(x))

    assert ray.get([parent.remote(i) for i in range(4)], timeout=60) == [0, 1, 2, 3]


def generator_gives_refs_early() -> None:
    """A generator task hands out a ref for each item while it is still running."""

    @ray.remote
    def items() -> object:
        yield "first"
        time.sleep(8)
        yield "second"

    start = time.monotonic()
    found = items.remote()
    first = next(found)
    assert isinstance(first, ray.ObjectRef)
    assert ray.get(first) == "first"
    assert time.monotonic() - start < 6
    ray.cancel(found, force=True)


def generator_fails_midway() -> None:
    """Items before the failure keep their values; the next ref raises it, then the stream ends."""

    @ray.remote
    def items() -> object:
        yield 1
        yield 2
        raise ValueError("no")

    refs = list(items.remote())
    assert ray.get(refs[:2]) == [1, 2]
    assert len(refs) == 3
    with pytest.raises(ValueError, match="no"):
        ray.get(refs[2])


def unserialisable_argument() -> None:
    """An argument that cannot be pickled fails at .remote(), in the caller."""

    @ray.remote
    def use(_: object) -> None:
        return None

    with pytest.raises(TypeError, match="serialize"):
        use.remote(threading.Lock())


def error_without_get(folder: Path) -> None:
    """A failed task whose result nobody gets raises nowhere in the driver, which ends with status 0."""
    program = folder / "driver.py"
    program.write_text(
        "import sys\n"
        "import ray\n"
        "ray.init(address=sys.argv[1], log_to_driver=False)\n"
        "@ray.remote\n"
        "def fails():\n"
        "    raise ValueError('no')\n"
        "@ray.remote\n"
        "def works():\n"
        "    return 'on'\n"
        "ref = fails.remote()\n"
        "ray.wait([ref])\n"
        "del ref\n"
        "print(ray.get(works.remote()))\n"
    )
    address = ray.get_runtime_context().gcs_address
    done = subprocess.run(
        [sys.executable, str(program), address], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stdout.strip() == "on"
