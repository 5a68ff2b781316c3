"""A threaded actor waits, tasks compute, and a thread in the driver takes each batch from one to the other.

The actor's threads talk to the price server and the sink, so any number of batches can wait in one process;
a transform is a task with a whole CPU. Each step is a plain `ray.get`. Ray may repeat any of them: the
write goes under the batch's number, and only what the driver receives is counted. Compared with the
reference, every run pays for starting the actor, and if the actor dies, all the requests it had open are
made again.
"""

from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import ray
import service


@ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)
class Clerk:
    """Makes the requests, with a thread for each batch in flight."""

    def __init__(self, sink):
        self.sink = sink

    def prepare(self, batch):
        """Sort out the invalid records and price the others."""
        valid, rejected = [], []
        for record in batch:
            try:
                service.validate(record)
                valid.append(record)
            except service.Invalid as error:
                rejected.append((record["id"], str(error)))
        return valid, rejected, service.enrich(valid)

    def write(self, number, rows):
        """Whether the sink took the rows."""
        try:
            self.sink.write(number, rows)
        except service.SinkClosed:
            return False
        return True


@ray.remote(num_cpus=1)
def transform(valid, prices):
    """The rows, and the records that cannot become one."""
    rows, rejected = [], []
    for record, parts in zip(valid, prices.copy(), strict=True):
        try:
            rows.append(service.transform(record, parts))
        except Exception as error:  # noqa: BLE001 - one bad record, whatever is wrong with it
            rejected.append((record["id"], str(error)))
    return rows, rejected


def carry(clerk, number, batch):
    """Take one batch through its steps; None when the closed sink refused it."""
    valid, rejected, prices = ray.get(clerk.prepare.remote(batch))
    rows, failed = ray.get(transform.remote(valid, prices))
    if rows and not ray.get(clerk.write.remote(number, rows)):
        return None
    return rows, rejected + failed


def run_pipeline(batches, sink, *, max_in_flight=8):
    """Keep `max_in_flight` threads busy with a batch each and add up what they return."""
    clerk = Clerk.options(max_concurrency=max_in_flight).remote(sink)
    threads = ThreadPoolExecutor(max_in_flight)
    accepted, rejected, totals = 0, [], Counter()
    in_flight, closed = set(), False

    def settle_some():
        nonlocal accepted, closed, in_flight
        done, in_flight = wait(in_flight, return_when=FIRST_COMPLETED)
        for found in [future.result() for future in done]:
            if found is None:
                closed = True
                continue
            rows, bad = found
            accepted += len(rows)
            rejected.extend(bad)
            for row in rows:
                totals[row["customer"]] += row["cents"]

    try:
        for number, batch in enumerate(batches):
            in_flight.add(threads.submit(carry, clerk, number, batch))
            while len(in_flight) >= max_in_flight:
                settle_some()
            if closed:
                break
    finally:
        while in_flight:
            settle_some()
        threads.shutdown()
        ray.kill(clerk)
        if hasattr(batches, "close"):
            batches.close()
    return {"accepted": accepted, "rejected": rejected, "totals": dict(totals)}
