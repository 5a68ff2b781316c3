"""Code that has to run inside the learner's process."""

import threading

import ray
from service_link import ask

PROBES = 4


@ray.remote(num_cpus=1, max_retries=0)
def probe(ticket: int) -> None:
    """Stand in for somebody else's work: take one CPU and wait for the other probes."""
    ask("probe", ticket)


@ray.remote(num_cpus=0)
def warm(n_workers: int) -> None:
    """Occupy a worker process until there are enough of them."""
    ask("warm", n_workers)


def ready(_solution, n_workers: int) -> None:
    """Start the worker processes of a new driver, because their start is not judged."""
    ray.get([warm.remote(n_workers) for _ in range(n_workers)], timeout=60.0)


def process(solution, orders: list[dict], within_s: float) -> dict:
    """Process one batch; `within_s` is the deadline given to the solution."""
    return solution.process_orders(orders, deadline_s=within_s)


def probe_cpus(_solution, ticket: int) -> int:
    """Give the cluster other work to do; return how many probes ended."""
    probes = [probe.remote(ticket) for _ in range(PROBES)]
    return len(ray.wait(probes, num_returns=PROBES, timeout=20.0)[0])


def two_at_once(solution, batches: list[list[dict]], within_s: float) -> list:
    """Process two batches at the same time; an exception is returned as its text."""
    threads, outcomes = [], []
    for batch in batches:
        thread, outcome = _started(solution, batch, within_s)
        threads.append(thread)
        outcomes.append(outcome)
    for thread in threads:
        thread.join()
    return [outcome[0] for outcome in outcomes]


def beside_a_stuck_one(solution, stuck: list[dict], orders: list[dict], within_s: list[float]) -> list:
    """Process a batch once another one waits for nothing but stuck calls; return both outcomes."""
    first, first_outcome = _started(solution, stuck, within_s[0])
    ask("all_stuck")
    second, second_outcome = _started(solution, orders, within_s[1])
    second.join()
    first.join()
    return [first_outcome[0], second_outcome[0]]


def _started(solution, batch: list[dict], within_s: float) -> tuple[threading.Thread, list]:
    """A thread that processes a batch, and the list in which its outcome, or exception as text, will be."""
    outcome = []

    def work() -> None:
        try:
            outcome.append(solution.process_orders(batch, deadline_s=within_s))
        except Exception as error:  # noqa: BLE001 - the judge decides what it means
            outcome.append(f"{type(error).__name__}: {error}")

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread, outcome
