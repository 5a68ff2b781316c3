# rejected-by: test_source_raises
"""The learner lets the error of the source out at once; what is in flight goes on by itself."""

from collections import Counter

import ray
import service


@ray.remote
def process(batch, sink, number):
    valid, rejected = [], []
    for record in batch:
        try:
            service.validate(record)
            valid.append(record)
        except service.Invalid as error:
            rejected.append((record["id"], str(error)))
    rows = []
    for record, parts in zip(valid, service.enrich(valid)):
        try:
            rows.append(service.transform(record, parts))
        except Exception as error:
            rejected.append((record["id"], str(error)))
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
    task = process.options(num_cpus=min(1, int(4000 / max_in_flight) / 1000))
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
            in_flight.append(task.remote(batch, sink, number))
            while len(in_flight) >= max_in_flight:
                settle_one()
            if closed:
                break
        while in_flight:
            settle_one()
    finally:
        if hasattr(batches, "close"):
            batches.close()
    return {"accepted": accepted, "rejected": rejected, "totals": dict(totals)}
