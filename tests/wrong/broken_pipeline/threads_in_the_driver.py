# rejected-by: test_four_transforms_at_a_time, test_worker_killed_in_transform, test_worker_killed_after_write
"""The learner does without Ray: threads in the driver are in flight as well."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed

import service


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
    pool = ThreadPoolExecutor(max_in_flight)
    accepted, rejected, totals = 0, [], Counter()
    in_flight, closed = [], False

    def settle_one():
        nonlocal accepted, closed
        ended = next(as_completed(in_flight))
        in_flight.remove(ended)
        found = ended.result()
        if found is None:
            closed = True
            return
        accepted += found[0]
        rejected.extend(found[1])
        totals.update(found[2])

    try:
        for number, batch in enumerate(batches):
            in_flight.append(pool.submit(process, batch, sink, number))
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
