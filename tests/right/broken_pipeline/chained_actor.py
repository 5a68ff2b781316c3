"""One actor waits, tasks compute, and each batch is a chain of references between them.

The actor's threads make the requests, a transform is a task with a whole CPU, and each takes the result of
the one before as its argument, so the driver only waits for the last: whether the sink has taken the batch.
Ray repeats whatever was lost, also all the requests that were open when the actor died; that is safe because
the write goes under the batch's number. Compared with the reference, every run pays for starting the actor.
"""

from collections import Counter

import ray
import service


@ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)
class Desk:
    """Makes the requests, with a thread for each batch in flight."""

    def price(self, batch):
        """The valid records with their prices, and the rejected ones."""
        valid, rejected = [], []
        for record in batch:
            try:
                service.validate(record)
            except service.Invalid as error:
                rejected.append((record["id"], str(error)))
            else:
                valid.append(record)
        return valid, service.enrich(valid), rejected

    def write(self, sink, number, computed):
        """What the batch adds to the report; None when the closed sink refused it."""
        rows, rejected = computed
        if rows:
            try:
                sink.write(number, rows)
            except service.SinkClosed:
                return None
        totals = Counter()
        for row in rows:
            totals[row["customer"]] += row["cents"]
        return len(rows), rejected, totals


@ray.remote(num_cpus=1)
def compute(priced):
    """The rows of a batch, and its rejected records."""
    valid, prices, rejected = priced
    rows, rejected = [], list(rejected)
    for record, parts in zip(valid, prices.copy(), strict=True):
        try:
            rows.append(service.transform(record, parts))
        except Exception as error:  # noqa: BLE001 - one bad record, whatever is wrong with it
            rejected.append((record["id"], str(error)))
    return rows, rejected


def run_pipeline(batches, sink, *, max_in_flight=8):
    """Keep `max_in_flight` chains going and add up what they report."""
    desk = Desk.options(max_concurrency=max_in_flight).remote()
    accepted, rejected, totals = 0, [], Counter()
    chains, is_open = [], True

    def settle():
        nonlocal accepted, is_open
        (ended,), chains[:] = ray.wait(chains)
        found = ray.get(ended)
        if found is None:
            is_open = False
            return
        accepted += found[0]
        rejected.extend(found[1])
        totals.update(found[2])

    try:
        for number, batch in enumerate(batches):
            chains.append(desk.write.remote(sink, number, compute.remote(desk.price.remote(batch))))
            while len(chains) >= max_in_flight:
                settle()
            if not is_open:
                break
    finally:
        while chains:
            settle()
        ray.kill(desk)
        if hasattr(batches, "close"):
            batches.close()
    return {"accepted": accepted, "rejected": rejected, "totals": dict(totals)}
