"""Three tasks per batch, chained by their references: prepare, transform, write.

Each task takes the result of the one before as an argument, so Ray starts it as soon as that is there, and
the driver waits only for the last. Stages that wait reserve no CPU, the one that computes reserves a whole
one, and each can be repeated because the write goes under the batch's number. Compared with the reference,
every batch costs two more tasks and a copy of its prices: an array that has been through Ray is read-only.
"""

from collections import Counter

import ray
import service


@ray.remote(num_cpus=0)
def prepare(batch):
    """Sort out the invalid records and price the others."""
    valid, rejected = [], []
    for record in batch:
        try:
            service.validate(record)
            valid.append(record)
        except service.Invalid as error:
            rejected.append((record["id"], str(error)))
    return valid, rejected, service.enrich(valid)


@ray.remote(num_cpus=1)
def transform(prepared):
    """Compute the rows, and add to the rejected records those that cannot be transformed."""
    valid, rejected, prices = prepared
    rows = []
    for record, parts in zip(valid, prices.copy(), strict=True):
        try:
            rows.append(service.transform(record, parts))
        except Exception as error:  # noqa: BLE001 - one bad record, whatever is wrong with it
            rejected.append((record["id"], str(error)))
    return rows, rejected


@ray.remote(num_cpus=0)
def write(sink, number, transformed):
    """Write the rows and return what the batch adds to the report; None when the closed sink refused it."""
    rows, rejected = transformed
    if rows:
        try:
            sink.write(number, rows)
        except service.SinkClosed:
            return None
    totals = Counter()
    for row in rows:
        totals[row["customer"]] += row["cents"]
    return len(rows), rejected, totals


def run_pipeline(batches, sink, *, max_in_flight=8):
    """Keep `max_in_flight` chains going and add up what they report."""
    accepted, rejected, totals = 0, [], Counter()
    in_flight, closed = [], False

    def settle_one():
        nonlocal accepted, closed
        (ended,), in_flight[:] = ray.wait(in_flight)
        found = ray.get(ended)
        if found is None:
            closed = True
            return
        accepted += found[0]
        rejected.extend(found[1])
        totals.update(found[2])

    try:
        for number, batch in enumerate(batches):
            in_flight.append(write.remote(sink, number, transform.remote(prepare.remote(batch))))
            while len(in_flight) >= max_in_flight:
                settle_one()
            if closed:
                break
    finally:
        while in_flight:
            settle_one()
        if hasattr(batches, "close"):
            batches.close()
    return {"accepted": accepted, "rejected": rejected, "totals": dict(totals)}
