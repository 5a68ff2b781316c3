# rejected-by: test_stages_overlap, test_slow_batch_delays_nobody, test_speed
"""Defect left in: each stage waits for all batches of the one before."""

from collections import Counter

import ray
import service


@ray.remote(num_cpus=0)
def prepare(batch):
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
    valid, rejected, prices = prepared
    rows = []
    for record, parts in zip(valid, prices.copy()):
        try:
            rows.append(service.transform(record, parts))
        except Exception as error:
            rejected.append((record["id"], str(error)))
    return rows, rejected


@ray.remote(num_cpus=0)
def write(sink, number, transformed):
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
    accepted, rejected, totals = 0, [], Counter()
    group, closed = [], False

    def run_group():
        nonlocal accepted, closed
        prepared = ray.get([prepare.remote(batch) for _, batch in group])
        transformed = ray.get([transform.remote(one) for one in prepared])
        written = [write.remote(sink, number, one) for (number, _), one in zip(group, transformed)]
        for found in ray.get(written):
            if found is None:
                closed = True
                continue
            accepted += found[0]
            rejected.extend(found[1])
            totals.update(found[2])
        group.clear()

    try:
        for number, batch in enumerate(batches):
            group.append((number, batch))
            if len(group) == max_in_flight:
                run_group()
            if closed:
                break
    finally:
        run_group()
        if hasattr(batches, "close"):
            batches.close()
    return {"accepted": accepted, "rejected": rejected, "totals": dict(totals)}
