"""Actors: order, concurrency, lifetime, names, and what they hold."""

import asyncio
import atexit
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import ray
from ray.exceptions import ActorDiedError, PendingCallsLimitExceeded, TaskCancelledError
from ray.util.actor_pool import ActorPool

from tests.experiments.watching import ended, eventually, peak


def direct_method_call() -> None:
    """A method of a handle called like a plain one raises."""

    @ray.remote
    class Counter:
        def add(self) -> int:
            return 1

    counter = Counter.remote()
    with pytest.raises(TypeError, match="remote"):
        counter.add()


def call_order() -> None:
    """Calls of one caller run in order, unless the actor is async."""

    @ray.remote
    class Plain:
        def __init__(self) -> None:
            self.seen: list[int] = []

        def note(self, i: int) -> list[int]:
            self.seen.append(i)
            return self.seen

    @ray.remote
    class Async:
        def __init__(self) -> None:
            self.seen: list[int] = []

        async def note(self, i: int) -> list[int]:
            await asyncio.sleep(1.0 if i == 0 else 0.0)
            self.seen.append(i)
            return self.seen

    plain, other = Plain.remote(), Async.remote()
    assert ray.get([plain.note.remote(i) for i in range(200)])[-1] == list(range(200))
    assert ray.get([other.note.remote(i) for i in range(3)])[0][-1] == 0  # the first call is the last to end

    @ray.remote
    def late() -> int:
        time.sleep(1)
        return -1

    assert ray.get([plain.note.remote(late.remote()), plain.note.remote(-2)])[-1][-2:] == [-1, -2]


def default_concurrency() -> None:
    """A sync actor runs one call at a time, an async one a thousand."""

    @ray.remote
    class Plain:
        def nap(self) -> tuple[float, float]:
            start = time.monotonic()
            time.sleep(0.01)
            return start, time.monotonic()

    @ray.remote
    class Async:
        async def nap(self) -> tuple[float, float]:
            start = time.monotonic()
            await asyncio.sleep(5)
            return start, time.monotonic()

    plain, other = Plain.remote(), Async.remote()
    assert peak(ray.get([plain.nap.remote() for _ in range(20)])) == 1
    assert peak(ray.get([other.nap.remote() for _ in range(1200)])) == 1000


def plain_method_blocks_the_loop() -> None:
    """A plain method of an async actor runs on its event loop and stops all else."""

    @ray.remote
    class Gateway:
        async def ping(self) -> str:
            return "pong"

        def work(self) -> None:
            time.sleep(3)

    gateway = Gateway.remote()
    ray.get(gateway.ping.remote())
    working = gateway.work.remote()
    start = time.monotonic()
    assert ray.get(gateway.ping.remote()) == "pong"
    assert time.monotonic() - start > 2
    ray.get(working)


def threaded_actor_overlaps() -> None:
    """max_concurrency=4 on a sync actor: four threads of one process, on the same state."""

    @ray.remote(max_concurrency=4)
    class Counter:
        def __init__(self) -> None:
            self.value = 0

        def add(self) -> tuple[float, float, int]:
            start, value = time.monotonic(), self.value
            time.sleep(0.3)  # another thread reads the old value here
            self.value = value + 1
            return start, time.monotonic(), os.getpid()

        def total(self) -> int:
            return self.value

    counter = Counter.remote()
    calls = ray.get([counter.add.remote() for _ in range(8)])
    assert peak([(start, end) for start, end, _ in calls]) == 4
    assert len({pid for *_, pid in calls}) == 1
    assert ray.get(counter.total.remote()) < 8


def concurrency_groups_are_apart() -> None:
    """A full default group leaves the other group's calls free to run; in an async actor each has a loop."""

    @ray.remote(concurrency_groups={"health": 1})
    class Gateway:
        @ray.method(concurrency_group="health")
        def ping(self) -> str:
            return "pong"

        def work(self) -> None:
            time.sleep(4)

    @ray.remote(concurrency_groups={"slow": 1})
    class Async:
        async def ping(self) -> str:
            return "pong"

        @ray.method(concurrency_group="slow")
        def work(self) -> None:
            time.sleep(4)

    for gateway in (Gateway.remote(), Async.remote()):
        ray.get(gateway.ping.remote())
        working = gateway.work.remote()
        time.sleep(0.5)
        start = time.monotonic()
        assert ray.get(gateway.ping.remote()) == "pong"
        assert time.monotonic() - start < 2
        ray.get(working)


def call_to_itself_hangs() -> None:
    """A sync actor that waits for a call to itself waits for ever."""

    @ray.remote
    class Node:
        def outer(self) -> int:
            return ray.get(ray.get_runtime_context().current_actor.inner.remote())

        def inner(self) -> int:
            return 1

    node = Node.remote()
    with ended(node):
        assert ray.get(node.inner.remote()) == 1
        _, waiting = ray.wait([node.outer.remote()], timeout=4)
        assert waiting


def kill_runs_no_cleanup(folder: Path) -> None:
    """ray.kill ends the process at once; __ray_terminate__ lets it finish and clean up."""

    @ray.remote
    class Writer:
        def __init__(self, name: str) -> None:
            self.name = name
            atexit.register((folder / name).touch)

        def __ray_shutdown__(self) -> None:
            (folder / f"{self.name} shut down").touch()

        def ready(self) -> bool:
            return True

    killed, ended_ = Writer.remote("killed"), Writer.remote("ended")
    ray.get([killed.ready.remote(), ended_.ready.remote()])
    ray.kill(killed)
    ended_.__ray_terminate__.remote()
    assert eventually((folder / "ended").exists)
    assert eventually((folder / "ended shut down").exists)
    assert sorted(path.name for path in folder.iterdir()) == ["ended", "ended shut down"]
    with pytest.raises(ActorDiedError):
        ray.get(killed.ready.remote())


def dropped_handle_ends_the_actor() -> None:
    """When the last handle goes, the process ends; calls made before are still answered."""

    @ray.remote
    class Box:
        def pid(self) -> int:
            time.sleep(1)
            return os.getpid()

    pid = ray.get(Box.remote().pid.remote())
    assert eventually(lambda: not Path(f"/proc/{pid}").exists())


def names_belong_to_a_namespace(folder: Path) -> None:
    """A named actor is not found from another namespace, and each job has one of its own."""

    @ray.remote
    class Registry:
        def ready(self) -> bool:
            return True

    registry = Registry.options(name="registry", namespace="shop").remote()
    ray.get(registry.ready.remote())
    with pytest.raises(ValueError, match="registry"):
        ray.get_actor("registry")
    found = ray.get_actor("registry", namespace="shop")
    assert ray.get(found.ready.remote())

    own = Registry.options(name="own", lifetime="detached").remote()
    ray.get([own.ready.remote(), ray.get_actor("own").ready.remote()])
    program = folder / "job.py"
    program.write_text(
        "import sys\n"
        "import ray\n"
        "ray.init(address=sys.argv[1], log_to_driver=False)\n"
        "try:\n"
        "    print(ray.get_actor('own'))\n"
        "except ValueError:\n"
        "    print('not found')\n"
    )
    address = ray.get_runtime_context().gcs_address
    with ended(own):
        done = subprocess.run(
            [sys.executable, str(program), address], capture_output=True, text=True, check=True
        )
    assert done.stdout.strip() == "not found"


def get_if_exists_keeps_the_old() -> None:
    """Arguments for an actor that exists already are ignored without a word."""

    @ray.remote
    class Setting:
        def __init__(self, value: int) -> None:
            self.value = value

        def read(self) -> int:
            return self.value

    first = Setting.options(name="setting", get_if_exists=True).remote(1)
    second = Setting.options(name="setting", get_if_exists=True).remote(2)
    assert ray.get([first.read.remote(), second.read.remote()]) == [1, 1]


def taken_name() -> None:
    """A second actor of the same name raises in the caller."""

    @ray.remote
    class Registry:
        def ready(self) -> bool:
            return True

    first = Registry.options(name="taken").remote()
    ray.get(first.ready.remote())
    with pytest.raises(ValueError, match="taken"):
        Registry.options(name="taken").remote()


def idle_actors_hold_no_cpu() -> None:
    """Eight actors without num_cpus live on four CPUs and leave all free; one starts where all are held."""

    @ray.remote
    class Box:
        def ready(self) -> bool:
            return True

    boxes = [Box.remote() for _ in range(8)]
    assert all(ray.get([box.ready.remote() for box in boxes]))
    assert eventually(lambda: ray.available_resources().get("CPU") == 4)
    holders = [Box.options(num_cpus=1).remote() for _ in range(4)]
    assert all(ray.get([box.ready.remote() for box in holders]))
    assert eventually(lambda: not ray.available_resources().get("CPU"))
    one_more = Box.remote()
    assert ray.get(one_more.ready.remote(), timeout=20)


def actors_with_cpus_wait_for_room() -> None:
    """A fifth actor of one CPU on four CPUs pends, and so do its calls, without an error."""

    @ray.remote(num_cpus=1)
    class Box:
        def ready(self) -> bool:
            return True

    boxes = [Box.remote() for _ in range(4)]
    assert all(ray.get([box.ready.remote() for box in boxes]))
    fifth = Box.remote()
    ref = fifth.ready.remote()
    assert ray.wait([ref], timeout=3)[0] == []
    ray.kill(boxes[0])
    assert ray.get(ref, timeout=20)


def waiting_actors_keep_their_cpu() -> None:
    """Four actors of one CPU that each wait for a task hang; without num_cpus they do not."""

    @ray.remote
    def price(x: int) -> int:
        return x

    @ray.remote
    class Desk:
        def ready(self) -> bool:
            return True

        def order(self, x: int) -> int:
            return ray.get(price.remote(x))

    desks = [Desk.options(num_cpus=1).remote() for _ in range(4)]
    with ended(*desks):
        ray.get([desk.ready.remote() for desk in desks])
        assert ray.wait([desk.order.remote(1) for desk in desks], timeout=5)[0] == []
    free = [Desk.remote() for _ in range(4)]
    assert ray.get([desk.order.remote(1) for desk in free], timeout=30) == [1] * 4


def constructor_error_comes_late() -> None:
    """A constructor that raises is noticed at the first call, with its text."""

    @ray.remote
    class Model:
        def __init__(self) -> None:
            raise FileNotFoundError("weights.bin")

        def score(self) -> int:
            return 1

    model = Model.remote()
    with pytest.raises(ActorDiedError, match=r"weights\.bin"):
        ray.get(model.score.remote())
    model = Model.remote()
    with pytest.raises(ActorDiedError, match=r"weights\.bin"):
        ray.get(model.__ray_ready__.remote())


def actor_survives_an_exception() -> None:
    """A method that raises leaves the actor alive, with its state."""

    @ray.remote
    class Counter:
        def __init__(self) -> None:
            self.value = 0

        def add(self, fail: bool) -> int:
            self.value += 1
            if fail:
                raise ValueError("no")
            return self.value

    counter = Counter.remote()
    with pytest.raises(ValueError, match="no"):
        ray.get(counter.add.remote(fail=True))
    assert ray.get(counter.add.remote(fail=False)) == 2


def pending_calls_limit() -> None:
    """max_pending_calls raises in the caller, at .remote(), and is counted for each calling process."""

    @ray.remote(max_pending_calls=2)
    class Slow:
        def ready(self) -> bool:
            return True

        def work(self) -> None:
            time.sleep(30)

    @ray.remote
    def another_caller(slow: ray.actor.ActorHandle) -> None:
        slow.work.remote()

    slow = Slow.options(name="slow").remote()
    with ended(slow):
        ray.get(slow.ready.remote())
        waiting = [slow.work.remote(), slow.work.remote()]
        for handle in (slow, ray.get_actor("slow")):
            with pytest.raises(PendingCallsLimitExceeded):
                waiting.append(handle.work.remote())
        ray.get(another_caller.remote(slow))


def forced_cancel_of_a_call() -> None:
    """force=True is refused for a call of an actor."""

    @ray.remote
    class Slow:
        def work(self) -> None:
            time.sleep(30)

    slow = Slow.remote()
    with ended(slow), pytest.raises(ValueError, match="force"):
        ray.cancel(slow.work.remote(), force=True)


def cancelled_coroutine(folder: Path) -> None:
    """Cancelling a running call of an async actor raises CancelledError at its await."""

    @ray.remote
    class Gateway:
        async def work(self) -> None:
            (folder / "started").touch()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                (folder / "cancelled").touch()
                raise

        async def ping(self) -> str:
            return "pong"

    gateway = Gateway.remote()
    ref = gateway.work.remote()
    assert eventually((folder / "started").exists)
    ray.cancel(ref)
    with pytest.raises(TaskCancelledError):
        ray.get(ref, timeout=20)
    assert eventually((folder / "cancelled").exists)
    assert ray.get(gateway.ping.remote()) == "pong"


def cancelled_sync_call(folder: Path) -> None:
    """Cancelling a running call of a sync actor only sets a flag; it runs to its end, and its ref raises."""

    @ray.remote
    class Slow:
        def work(self) -> None:
            (folder / "started").touch()
            time.sleep(4)
            (folder / f"cancelled {ray.get_runtime_context().is_canceled()}").touch()

    slow = Slow.remote()
    ref = slow.work.remote()
    assert eventually((folder / "started").exists)
    ray.cancel(ref)
    with pytest.raises(TaskCancelledError):
        ray.get(ref, timeout=20)
    assert (folder / "cancelled True").exists()


def pool_keeps_order() -> None:
    """ActorPool.map yields in the order of the input, and a straggler holds up work; map_unordered: no."""

    @ray.remote
    class Worker:
        def nap(self, seconds: float) -> tuple[float, float, float]:
            start = time.monotonic()
            time.sleep(seconds)
            return seconds, start, time.monotonic()

    workers = [Worker.remote() for _ in range(2)]
    ray.get([worker.nap.remote(0) for worker in workers])
    naps = [2.0, 0.1, 0.2]
    ordered = list(ActorPool(workers).map(lambda w, s: w.nap.remote(s), naps))
    assert [seconds for seconds, *_ in ordered] == naps
    assert ordered[2][1] >= ordered[0][2]  # the third began only behind the first
    unordered = list(ActorPool(workers).map_unordered(lambda w, s: w.nap.remote(s), naps))
    assert [seconds for seconds, *_ in unordered] == [0.1, 0.2, 2.0]


def detached_outlives_its_driver(folder: Path) -> None:
    """When a driver ends, its named actor goes and its detached actor stays."""
    program = folder / "driver.py"
    program.write_text(
        "import sys\n"
        "import ray\n"
        "ray.init(address=sys.argv[1], namespace='shop', log_to_driver=False)\n"
        "@ray.remote\n"
        "class Box:\n"
        "    def ready(self):\n"
        "        return True\n"
        "plain = Box.options(name='plain').remote()\n"
        "kept = Box.options(name='kept', lifetime='detached').remote()\n"
        "print(ray.get([plain.ready.remote(), kept.ready.remote()]))\n"
    )
    address = ray.get_runtime_context().gcs_address
    done = subprocess.run([sys.executable, str(program), address], capture_output=True, text=True, check=True)
    assert "[True, True]" in done.stdout

    def gone(name: str) -> bool:
        try:
            ray.get_actor(name, namespace="shop")
        except ValueError:
            return True
        return False

    assert eventually(lambda: gone("plain"))
    kept = ray.get_actor("kept", namespace="shop")
    assert ray.get(kept.ready.remote())
    ray.kill(kept)
