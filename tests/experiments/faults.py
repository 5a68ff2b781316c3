"""Faults: what is retried, restarted, rebuilt, and what is lost."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import ray
from ray.exceptions import ActorDiedError, ActorUnavailableError, OwnerDiedError, RayActorError

from tests.experiments.watching import ended, eventually, runs


def actor_is_not_restarted_by_default() -> None:
    """An actor whose process dies stays dead."""

    @ray.remote
    class Counter:
        def crash(self) -> None:
            os._exit(1)

        def ready(self) -> bool:
            return True

    counter = Counter.remote()
    with pytest.raises(ActorDiedError):
        ray.get(counter.crash.remote())
    with pytest.raises(ActorDiedError):
        ray.get(counter.ready.remote())


def restart_loses_state() -> None:
    """A restarted actor has what its constructor gives it; the call in flight is lost."""

    @ray.remote(max_restarts=1)
    class Counter:
        def __init__(self, start: int) -> None:
            self.value = start

        def add(self) -> int:
            self.value += 1
            return self.value

        def crash(self) -> None:
            os._exit(1)

    counter = Counter.remote(10)
    assert ray.get([counter.add.remote() for _ in range(3)]) == [11, 12, 13]
    with pytest.raises(RayActorError):
        ray.get(counter.crash.remote())

    def answers() -> bool:
        try:
            return ray.get(counter.add.remote(), timeout=10) == 11
        except RayActorError:
            return False

    assert eventually(answers)


def call_in_flight_is_retried(folder: Path) -> None:
    """With max_task_retries a call may run twice: its effects before the crash are repeated."""

    @ray.remote(max_restarts=1, max_task_retries=1)
    class Shop:
        def order(self) -> str:
            with (folder / "paid").open("a") as file:
                file.write("x")
            if runs_so_far() == 1:
                os._exit(1)
            return "done"

    def runs_so_far() -> int:
        return len((folder / "paid").read_text())

    assert ray.get(Shop.remote().order.remote()) == "done"
    assert runs(folder / "paid") == 2


def call_retries_leave_exceptions_alone(folder: Path) -> None:
    """max_task_retries alone does not retry a method that raises; retry_exceptions does."""

    @ray.remote(max_restarts=3, max_task_retries=3)
    class Shop:
        def plain(self) -> None:
            with (folder / "plain").open("a") as file:
                file.write("x")
            raise ValueError("no")

        @ray.method(retry_exceptions=True)
        def stubborn(self) -> None:
            with (folder / "stubborn").open("a") as file:
                file.write("x")
            raise ValueError("no")

    shop = Shop.remote()
    with pytest.raises(ValueError, match="no"):
        ray.get(shop.plain.remote())
    assert runs(folder / "plain") == 1
    with pytest.raises(ValueError, match="no"):
        ray.get(shop.stubborn.remote())
    assert runs(folder / "stubborn") == 4


def kill_does_not_restart() -> None:
    """ray.kill ends an actor for good, whatever its max_restarts; no_restart=False lets it come back."""

    @ray.remote(max_restarts=5, max_task_retries=5)
    class Box:
        def pid(self) -> int:
            return os.getpid()

    box, back = Box.remote(), Box.remote()
    old = ray.get(back.pid.remote())
    ray.get(box.pid.remote())
    ray.kill(box)
    with pytest.raises(ActorDiedError):
        ray.get(box.pid.remote())
    ray.kill(back, no_restart=False)
    assert eventually(lambda: ray.get(back.pid.remote()) != old)


def exit_actor_is_no_failure() -> None:
    """An actor that leaves by exit_actor is not restarted."""

    @ray.remote(max_restarts=5)
    class Box:
        def leave(self) -> None:
            ray.actor.exit_actor()

        def ready(self) -> bool:
            return True

    box = Box.remote()
    with pytest.raises(ActorDiedError):
        ray.get(box.leave.remote())
    with pytest.raises(ActorDiedError):
        ray.get(box.ready.remote())


def owner_dies() -> None:
    """What an actor stored with ray.put is lost with the actor, though the store is alive."""

    @ray.remote
    class Producer:
        def stored(self) -> list[ray.ObjectRef]:
            return [ray.put(np.zeros(1_000_000))]

    producer = Producer.remote()
    (inner,) = ray.get(producer.stored.remote())
    ray.kill(producer)

    def lost() -> bool:
        try:
            ray.get(inner, timeout=10)  # for a second or so the copy in the store is still found
        except OwnerDiedError:
            return True
        return False

    assert eventually(lost)


def result_outlives_its_actor() -> None:
    """What a method returned belongs to its caller: it can be got after the actor's death."""

    @ray.remote
    class Producer:
        def made(self) -> np.ndarray:
            return np.ones(1_000_000)

    producer = Producer.remote()
    ref = producer.made.remote()
    ray.wait([ref])
    ray.kill(producer)
    time.sleep(1)
    assert ray.get(ref, timeout=30).sum() == 1_000_000


def tasks_end_with_their_driver(folder: Path) -> None:
    """A driver that is killed takes its running tasks with it."""
    program = folder / "driver.py"
    program.write_text(
        "import sys, time\n"
        "import ray\n"
        "ray.init(address=sys.argv[1], log_to_driver=False)\n"
        "@ray.remote\n"
        "def beat(path):\n"
        "    while True:\n"
        "        open(path, 'a').write('x')\n"
        "        time.sleep(0.1)\n"
        "ref = beat.remote(sys.argv[2])\n"
        "time.sleep(600)\n"
    )
    beats = folder / "beats"
    driver = subprocess.Popen(
        [sys.executable, str(program), ray.get_runtime_context().gcs_address, str(beats)]
    )
    try:
        assert eventually(lambda: runs(beats) > 3, within_s=30)
    finally:
        driver.send_signal(signal.SIGKILL)
        driver.wait()

    def silent() -> bool:
        seen = runs(beats)
        time.sleep(0.5)
        return runs(beats) == seen

    assert eventually(silent)


def poison_item(folder: Path) -> None:
    """An item that kills its worker kills four of them, and the other items are done."""

    @ray.remote
    def work(i: int) -> int:
        if i == 3:
            with (folder / "crashes").open("a") as file:
                file.write("x")
            os._exit(1)
        return i

    refs = [work.remote(i) for i in range(8)]
    done = []
    for ref in refs:
        try:
            done.append(ray.get(ref))
        except ray.exceptions.WorkerCrashedError:
            done.append(None)
    assert done == [0, 1, 2, None, 4, 5, 6, 7]
    assert runs(folder / "crashes") == 4


def unavailable_while_restarting() -> None:
    """A call that was running when its actor crashed and comes back fails with ActorUnavailableError."""

    @ray.remote(max_restarts=1)
    class Slow:
        def pid(self) -> int:
            return os.getpid()

        def work(self) -> None:
            time.sleep(60)

    slow = Slow.remote()
    with ended(slow):
        pid = ray.get(slow.pid.remote())
        ref = slow.work.remote()
        time.sleep(1)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(ActorUnavailableError):
            ray.get(ref, timeout=30)
