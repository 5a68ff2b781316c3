# rejected-by: test_totals_are_exact, test_every_record_once, test_bad_record_costs_only_itself, test_empty_source_and_batches, test_source_raises, test_worker_killed_in_transform, test_worker_killed_after_write, test_endless_source_is_closed, test_nothing_left_behind, test_in_flight_limit, test_four_transforms_at_a_time, test_stages_overlap, test_slow_batch_delays_nobody, test_speed
"""Defect left in: an array that has come through Ray is read-only, and every record is rejected for that."""

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
    for record, parts in zip(valid, prices):
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
