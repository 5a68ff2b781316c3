"""Performance: overheads that are large enough to be seen on any machine."""

import asyncio
import time
from collections.abc import Callable

import ray


def _seconds(work: Callable[[], object]) -> float:
    start = time.monotonic()
    work()
    return time.monotonic() - start


def crumbs_against_batches() -> None:
    """Two thousand tiny tasks take many times as long as twenty of a hundred items each."""

    @ray.remote
    def square(x: int) -> int:
        return x * x

    @ray.remote
    def squares(xs: range) -> list[int]:
        return [x * x for x in xs]

    ray.get([square.remote(i) for i in range(100)])  # workers are warm
    crumbs = _seconds(lambda: ray.get([square.remote(i) for i in range(2000)]))
    batches = _seconds(lambda: ray.get([squares.remote(range(i, i + 100)) for i in range(0, 2000, 100)]))
    print(f"crumbs {crumbs:.2f} s, batches {batches:.3f} s")
    assert crumbs > 4 * batches


def waiting_needs_no_cpu() -> None:
    """Forty waits of 0.3 s: one async actor overlaps all of them, four CPUs of tasks do four at a time."""

    @ray.remote(num_cpus=1)
    def fetch() -> None:
        time.sleep(0.3)

    @ray.remote
    class Fetcher:
        async def fetch(self) -> None:
            await asyncio.sleep(0.3)

    fetcher = Fetcher.remote()
    ray.get([fetcher.fetch.remote(), *(fetch.remote() for _ in range(4))])
    by_tasks = _seconds(lambda: ray.get([fetch.remote() for _ in range(40)]))
    by_actor = _seconds(lambda: ray.get([fetcher.fetch.remote() for _ in range(40)]))
    print(f"tasks {by_tasks:.2f} s, async actor {by_actor:.2f} s")
    assert by_tasks > 2.5
    assert by_actor < by_tasks / 1.5


def calls_in_a_pipeline() -> None:
    """Calls of an actor that are all sent before the first get save a round trip each."""

    @ray.remote
    class Counter:
        def __init__(self) -> None:
            self.value = 0

        def add(self) -> int:
            self.value += 1
            return self.value

    counter = Counter.remote()
    ray.get([counter.add.remote() for _ in range(100)])
    one_by_one = _seconds(lambda: [ray.get(counter.add.remote()) for _ in range(1000)])
    together = _seconds(lambda: ray.get([counter.add.remote() for _ in range(1000)]))
    print(f"one by one {one_by_one:.2f} s, together {together:.2f} s")
    assert one_by_one > 1.3 * together
